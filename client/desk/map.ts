/**
 * Moving over the map. The server draws the whole sheet; here it is only zoomed, in steps of two, and shifted. Every
 * mark knows between which steps it shows, so that dense places come apart on the way in. Marks and labels keep their
 * size on the screen; where that makes the sheet small beside them, they show as if it were some steps farther away.
 */
interface Sheet {
  svg: SVGSVGElement;
  ground: SVGGElement;
  marks: SVGGElement[];
  width: number;
  height: number;
  deepest: number;
  lowest: number;
}

/** What is in the middle, in units of step 0, and the step. */
interface View {
  level: number;
  x: number;
  y: number;
}

const SHIFT = 0.25; // of the sheet, for one arrow
const EDGE = 60; // pixels
const SHOWN_AT = 4; // the step at which a place chosen from the list shows
const KEYS: Record<string, string> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  '+': 'in',
  '=': 'in',
  '-': 'out',
  '0': 'all',
};

export function map(): void {
  const svg = document.querySelector<SVGSVGElement>('svg[data-map]');
  const ground = svg?.querySelector<SVGGElement>('[data-ground]');
  if (!svg || !ground) return;
  const { width, height } = svg.viewBox.baseVal;
  const marks = [...svg.querySelectorAll<SVGGElement>('[data-x]')];
  const [deepest, lowest] = [Number(svg.dataset.levels) - 1, Number(svg.dataset.lowest)];
  const sheet: Sheet = { svg, ground, marks, width, height, deepest, lowest };
  const view: View = { level: 0, x: width / 2, y: height / 2 };
  const act = (name: string): void => {
    move(sheet, view, name);
    draw(sheet, view);
  };
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-map-do]')) {
    button.addEventListener('click', () => act(button.dataset.mapDo ?? ''));
  }
  for (const box of document.querySelectorAll<HTMLElement>('[data-map-needs]')) box.hidden = false;
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-map-to]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      const [x = 0, y = 0] = (button.dataset.mapTo ?? '').split(' ').map(Number);
      Object.assign(view, { x, y, level: Math.min(sheet.deepest, Math.max(view.level, SHOWN_AT)) });
      draw(sheet, view);
    });
  }
  const keys = (event: KeyboardEvent): void => {
    const name = KEYS[event.key];
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(name);
  };
  svg.addEventListener('keydown', keys);
  svg.addEventListener('dblclick', (event) => {
    event.preventDefault();
    Object.assign(view, there(sheet, view, event));
    act('in');
  });
  svg.addEventListener('wheel', (event) => wheel(event, sheet, view), { passive: false });
  dragging(sheet, view);
  choosing(svg);
  draw(sheet, view);
  new ResizeObserver(() => draw(sheet, view)).observe(svg);
}

function move(sheet: Sheet, view: View, name: string): void {
  const step = SHIFT / 2 ** view.level;
  if (name === 'in') view.level = Math.min(sheet.deepest, view.level + 1);
  else if (name === 'out') view.level = Math.max(0, view.level - 1);
  else if (name === 'all') Object.assign(view, { level: 0, x: sheet.width / 2, y: sheet.height / 2 });
  else if (name === 'left') view.x -= sheet.width * step;
  else if (name === 'right') view.x += sheet.width * step;
  else if (name === 'up') view.y -= sheet.height * step;
  else if (name === 'down') view.y += sheet.height * step;
}

function draw(sheet: Sheet, view: View): void {
  view.x = Math.max(0, Math.min(sheet.width, view.x));
  view.y = Math.max(0, Math.min(sheet.height, view.y));
  const scale = 2 ** view.level;
  const left = sheet.width / 2 - view.x * scale;
  const top = sheet.height / 2 - view.y * scale;
  const unit = unitsPerPixel(sheet);
  const shown = Math.max(sheet.lowest, Math.min(sheet.deepest, Math.round(view.level - Math.log2(unit))));
  sheet.svg.style.setProperty('--unit', String(unit));
  sheet.ground.setAttribute('transform', `matrix(${scale} 0 0 ${scale} ${left} ${top})`);
  for (const mark of sheet.marks) {
    const { x, y, from, to } = mark.dataset;
    mark.toggleAttribute('hidden', shown < Number(from ?? shown) || shown > Number(to ?? shown));
    const at = Number(x) * scale + left;
    mark.setAttribute('transform', `translate(${at} ${Number(y) * scale + top}) scale(${unit})`);
    // A label near an edge runs inwards.
    const edge = EDGE * unit;
    mark.style.textAnchor = at < edge ? 'start' : at > sheet.width - edge ? 'end' : '';
  }
  for (const bar of sheet.svg.querySelectorAll<SVGGElement>('[data-bar]')) {
    bar.toggleAttribute('hidden', Number(bar.dataset.bar) !== view.level);
  }
  for (const label of sheet.svg.querySelectorAll<SVGElement>('[data-label-from]')) {
    label.toggleAttribute('hidden', shown < Number(label.dataset.labelFrom));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-map-do]')) {
    const name = button.dataset.mapDo;
    button.disabled = (name === 'in' && view.level === sheet.deepest) || (name === 'out' && view.level === 0);
  }
}

/** Units of the sheet that one pixel of the screen takes. */
function unitsPerPixel(sheet: Sheet): number {
  const box = sheet.svg.getBoundingClientRect();
  return box.width ? Math.max(sheet.width / box.width, sheet.height / box.height) : 1;
}

/** Where an event was, in units of step 0. */
function there(sheet: Sheet, view: View, event: MouseEvent): { x: number; y: number } {
  const box = sheet.svg.getBoundingClientRect();
  const unit = unitsPerPixel(sheet) / 2 ** view.level;
  return {
    x: view.x + (event.clientX - box.left - box.width / 2) * unit,
    y: view.y + (event.clientY - box.top - box.height / 2) * unit,
  };
}

let turned = 0;

/** Only with Ctrl, or when the map has been chosen: else the wheel is the page's. */
function wheel(event: WheelEvent, sheet: Sheet, view: View): void {
  if (!event.ctrlKey && !sheet.svg.contains(document.activeElement)) return;
  event.preventDefault();
  turned += event.deltaY;
  if (Math.abs(turned) < 40) return;
  const before = there(sheet, view, event);
  move(sheet, view, turned < 0 ? 'in' : 'out');
  turned = 0;
  const after = there(sheet, view, event); // the place under the pointer stays under it
  Object.assign(view, { x: view.x + before.x - after.x, y: view.y + before.y - after.y });
  draw(sheet, view);
}

function dragging(sheet: Sheet, view: View): void {
  let from: { x: number; y: number } | null = null;
  const { svg } = sheet;
  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || (event.target as Element).closest('a')) return;
    if (event.pointerType === 'touch' && view.level === 0) return; // a finger scrolls the page until one has zoomed in
    from = there(sheet, view, event);
    svg.setPointerCapture(event.pointerId);
    svg.classList.add('moving');
  });
  svg.addEventListener('pointermove', (event) => {
    if (!from) return;
    const now = there(sheet, view, event);
    Object.assign(view, { x: view.x + from.x - now.x, y: view.y + from.y - now.y });
    draw(sheet, view);
  });
  for (const end of ['pointerup', 'pointercancel'] as const) {
    svg.addEventListener(end, () => {
      from = null;
      svg.classList.remove('moving');
    });
  }
}

/** A mark leads to its lines in the list, which are lit. */
function choosing(svg: SVGSVGElement): void {
  svg.addEventListener('click', (event) => {
    const mark = (event.target as Element).closest<SVGAElement>('a[data-rows]');
    if (!mark) return;
    event.preventDefault();
    for (const row of document.querySelectorAll('.lit')) row.classList.remove('lit');
    const rows = (mark.dataset.rows ?? '').split(' ').map((id) => document.getElementById(id));
    for (const row of rows) row?.classList.add('lit');
    rows[0]?.scrollIntoView({ block: 'nearest' });
    rows[0]?.querySelector('a')?.focus({ preventScroll: true });
  });
}
