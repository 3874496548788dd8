/** One drawn set: 24 px grid, 1.75 px strokes, round ends. Shapes carry the meaning; colour only repeats it. */

const NS = 'http://www.w3.org/2000/svg';

const paths = {
  photo: ['M4 7.5h3.2L9 5h6l1.8 2.5H20v11.5H4z', 'M12 9.6a3.7 3.7 0 1 0 0 7.4a3.7 3.7 0 0 0 0-7.4z'],
  film: ['M3.5 6.5h11.5v11H3.5z', 'M15 10.8l5.5-3v8.4l-5.5-3z'],
  sound: [
    'M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3z',
    'M6 11.2a6 6 0 0 0 12 0',
    'M12 17.2v3.3',
    'M9 20.5h6',
  ],
  note: ['M5.5 3.5h9l4 4v13h-13z', 'M14.5 3.5v4h4', 'M8.5 12h7', 'M8.5 16h5'],
  rio: ['M3.5 8h17v8h-17z', 'M7 8v8', 'M10.4 8v8', 'M13.8 8v8', 'M17.2 8v8'],
  codes: ['M4 4h6.5v6.5H4z', 'M13.5 4H20v6.5h-6.5z', 'M4 13.5h6.5V20H4z', 'M13.5 13.5H20V20h-6.5z'],
  count: ['M6 4.5v15', 'M10 4.5v15', 'M14 4.5v15', 'M18 4.5v15', 'M3.5 17L20.5 7'],
  quote: ['M4 5h16v11h-9l-4.5 4v-4H4z', 'M8 9h8', 'M8 12.2h5'],
  officer: ['M12 4a3.6 3.6 0 1 1 0 7.2a3.6 3.6 0 0 1 0-7.2z', 'M5 20c.6-4 3.3-6 7-6s6.4 2 7 6'],
  cover: ['M19.5 14.2A8 8 0 1 1 9.8 4.5a6.3 6.3 0 0 0 9.7 9.7z'],
  stop: ['M6.5 6.5h11v11h-11z'],
  close: ['M6 6l12 12', 'M18 6L6 18'],
  back: ['M14.5 5.5L8 12l6.5 6.5'],
  next: ['M9.5 5.5L16 12l-6.5 6.5'],
  settings: [
    'M4 7h9',
    'M17 7h3',
    'M15 5a2 2 0 1 1 0 4a2 2 0 0 1 0-4z',
    'M4 17h3',
    'M11 17h9',
    'M9 15a2 2 0 1 1 0 4a2 2 0 0 1 0-4z',
  ],
  import: ['M12 4v10', 'M8 10.5l4 4l4-4', 'M4.5 16v4h15v-4'],
  help: [
    'M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17z',
    'M9.6 9.5a2.5 2.5 0 1 1 3.6 2.3c-.9.4-1.2.9-1.2 1.9',
    'M12 16.6v.1',
  ],
  card: ['M3.5 5.5h17v13h-17z', 'M7 10h10', 'M7 14h6'],
  earlier: ['M12 3.5a8.5 8.5 0 1 1-8.2 6.3', 'M3.5 4.5v5.3h5.3', 'M12 8v4.5l3 2'],
  safe: ['M12 3.5l7.5 3v5c0 4.5-3 7.5-7.5 9c-4.5-1.5-7.5-4.5-7.5-9v-5z', 'M8.5 12l2.5 2.5l4.5-5'],
  waiting: ['M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17z', 'M12 7.5V12l3 2'],
  sending: ['M12 20V6', 'M7 10.5l5-5l5 5', 'M5 3.2h14'],
  lock: ['M5.5 11h13v9.5h-13z', 'M8.5 11V8a3.5 3.5 0 0 1 7 0v3'],
  unlock: ['M5.5 11h13v9.5h-13z', 'M8.5 11V8a3.5 3.5 0 0 1 6.8-1.2'],
  switch: [
    'M4 9a8.5 8.5 0 0 1 15-1.5',
    'M19.5 3.5v4.3h-4.3',
    'M20 15a8.5 8.5 0 0 1-15 1.5',
    'M4.5 20.5v-4.3h4.3',
  ],
  attention: ['M12 4l9 16H3z', 'M12 10v4.5', 'M12 17.3v.1'],
  done: ['M5 12.5l4.5 4.5L19 7.5'],
  plus: ['M12 5v14', 'M5 12h14'],
  minus: ['M5 12h14'],
  erase: ['M9 5.5h11.5v13H9L3.5 12z', 'M12 9.5l5 5', 'M17 9.5l-5 5'],
  play: ['M7.5 5l11 7l-11 7z'],
  pin: [
    'M12 21c-4.5-5-6.5-8-6.5-11a6.5 6.5 0 0 1 13 0c0 3-2 6-6.5 11z',
    'M12 7.7a2.3 2.3 0 1 1 0 4.6a2.3 2.3 0 0 1 0-4.6z',
  ],
  vehicle: [
    'M3 16.5V8h11l4 4h3v4.5z',
    'M7.5 14.7a1.9 1.9 0 1 1 0 3.8a1.9 1.9 0 0 1 0-3.8z',
    'M16.5 14.7a1.9 1.9 0 1 1 0 3.8a1.9 1.9 0 0 1 0-3.8z',
  ],
  search: ['M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13z', 'M15.5 15.5l5 5'],
  phone: ['M7 3h10v18H7z', 'M11 18h2'],
  practice: ['M12 4L2.5 9l9.5 5l9.5-5z', 'M6.5 11.5V16c3 2.5 8 2.5 11 0v-4.5'],
} as const;

export type IconName = keyof typeof paths;

/** Decorative: the button or sentence beside it carries the words. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  for (const d of paths[name]) {
    const path = document.createElementNS(NS, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}
