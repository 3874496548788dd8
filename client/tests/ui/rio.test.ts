import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Boxes, drawn, empty, erase, isFragment, put, select, toggleUnsure } from '../../journal/boxes';
import { type Draft, marks, place, read, settle, tidy, troubles } from '../../journal/validate';

const draft = (change: Partial<Draft>): Draft => ({
  officer: 2,
  text: '',
  anchor: 'anywhere',
  unsure: [],
  status: null,
  asked: 'NOT_ASKED',
  how: 'eye',
  checked: false,
  ...change,
});
const type = (text: string): Boxes => [...text].reduce(put, empty());

describe('what was typed', () => {
  it('maps digits of other scripts and drops what only separates', () => {
    expect(tidy('١٢ 3-4.۵\u00a06')).toBe('123456');
  });
  it('keeps leading zeros: a RIO is text', () => {
    expect(read('0012345')).toEqual({ kind: 'full', pattern: '0012345' });
  });
  it('never turns O into 0, but keeps it and asks', () => {
    expect(read('12O4567')).toEqual({ kind: 'other', text: '12O4567', question: 'letters' });
  });
  it('keeps eight digits as another number', () => {
    expect(read('12345678')).toEqual({ kind: 'other', text: '12345678', question: 'longer' });
  });
  it('says nothing was read when only ? was typed', () => {
    expect(read('???????').kind).toBe('empty');
  });
});

describe('a reading as it is sealed', () => {
  it('is the one of the journey: 12?45?7 with the second digit unsure', () => {
    const reading = settle(draft({ text: '12?45?7', unsure: [1] }));
    expect(reading).toMatchObject({
      status: 'READ_PART',
      pattern: '12?45?7',
      unsure: [1],
      fragments: [],
      other: '',
    });
    expect(troubles(reading)).toEqual([]);
  });
  it('moves what is unsure with a fragment at the end', () => {
    expect(settle(draft({ text: '345', anchor: 'end', unsure: [0] }))).toMatchObject({
      pattern: '????345',
      unsure: [4],
    });
  });
  it('claims no place for a fragment somewhere', () => {
    const reading = settle(draft({ text: '34?6' }));
    expect(reading).toMatchObject({ pattern: null, status: 'READ_PART', unsure: [] });
    expect(reading.fragments.map(({ digits }) => digits)).toEqual(['34', '6']);
  });
  it('proposes "could not look" for "not worn" without having seen everything', () => {
    expect(settle(draft({ status: 'NOT_WORN' })).status).toBe('NOT_CHECKED');
    expect(settle(draft({ status: 'NOT_WORN', checked: true })).status).toBe('NOT_WORN');
  });
  it('can say covered and refused at once', () => {
    expect(settle(draft({ status: 'COVERED', asked: 'REFUSED' }))).toMatchObject({
      status: 'COVERED',
      asked: 'REFUSED',
    });
  });
  it('can say not worn but given aloud', () => {
    const reading = settle(
      draft({ text: '1234567', status: 'NOT_WORN', asked: 'GIVEN', how: 'told', checked: true }),
    );
    expect(reading).toMatchObject({ status: 'NOT_WORN', pattern: '1234567' });
    expect(troubles(reading)).toEqual([]);
  });
  it('without anything is "not checked"', () => {
    expect(settle(draft({})).status).toBe('NOT_CHECKED');
  });

  it('is always sound, and loses no digit, whatever is typed', () => {
    const any = fc.record({
      text: fc.stringMatching(/^[0-9?]{0,9}$/),
      anchor: fc.constantFrom('start', 'end', 'anywhere'),
      unsure: fc.array(fc.nat(8)),
      status: fc.constantFrom(null, 'NOT_WORN', 'COVERED', 'UNREADABLE', 'DEFACED', 'NOT_CHECKED'),
      asked: fc.constantFrom('NOT_ASKED', 'GIVEN', 'REFUSED'),
      how: fc.constantFrom('eye', 'told', 'memory'),
      checked: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (change) => {
        const reading = settle(draft(change as Partial<Draft>));
        expect(troubles(reading)).toEqual([]);
        const kept = [
          reading.pattern ?? '',
          reading.pattern ? '' : reading.fragments.map(({ digits }) => digits).join(''),
          reading.other,
        ];
        expect(kept.join('').replace(/\?/g, '')).toBe(change.text.replace(/\?/g, ''));
      }),
    );
  });
});

describe('what is not sound is named', () => {
  const sound = settle(draft({ text: '1234567' }));
  it.each([
    ['needs-all', { ...sound, pattern: '12?4567' }],
    ['needs-some', { ...sound, status: 'READ_PART' as const, pattern: null }],
    ['no-digits', { ...sound, status: 'COVERED' as const }],
    ['not-seen', { ...settle(draft({})), status: 'NOT_WORN' as const }],
    ['bad-pattern', { ...sound, pattern: '12345' }],
    ['bad-unsure', { ...sound, unsure: [7] }],
  ])('%s', (trouble, reading) => {
    expect(troubles(reading)).toContain(trouble);
  });
});

describe('fragments', () => {
  it('fill the other places with ?', () => {
    expect(place('345', 'start')).toEqual({
      pattern: '345????',
      fragments: [{ digits: '345', anchor: 'start' }],
    });
    expect(place('345', 'end')).toEqual({
      pattern: '????345',
      fragments: [{ digits: '345', anchor: 'end' }],
    });
  });
});

describe('the boxes', () => {
  it('go right as one types, and stay seven', () => {
    expect(drawn(type('12?')).map(({ sign }) => sign)).toEqual(['1', '2', '?', '', '', '', '']);
    expect(drawn(type('12?'))[3]?.cursor).toBe(true);
  });
  it('a tapped box takes the next digit and the others stay', () => {
    expect(put(select(type('1234567'), 2), '9').text).toBe('1294567');
  });
  it('a tapped box beyond the end leaves the ones before it unknown', () => {
    expect(put(select(type('12'), 4), '7').text).toBe('12??7');
  });
  it('erasing in the middle makes unknown, at the end shortens', () => {
    expect(erase(select(type('1234'), 2)).text).toBe('1?34');
    expect(erase(type('1234')).text).toBe('123');
    expect(erase(empty())).toEqual(empty());
  });
  it('a fragment at the end stands at the right', () => {
    const boxes = { ...type('345'), anchor: 'end' as const };
    expect(drawn(boxes).map(({ sign }) => sign)).toEqual(['', '', '', '', '3', '4', '5']);
    expect(put(select(boxes, 4), '9').text).toBe('945');
  });
  it('only digits can be unsure, and a digit typed anew is sure', () => {
    const boxes = toggleUnsure(type('1?3'), 0);
    expect(boxes.unsure).toEqual([0]);
    expect(toggleUnsure(boxes, 1).unsure).toEqual([0]);
    expect(put(select(boxes, 0), '8').unsure).toEqual([]);
  });
  it('seven are no fragment', () => {
    expect(isFragment(type('123456'))).toBe(true);
    expect(isFragment(type('1234567'))).toBe(false);
  });
});

describe('a register with another number of digits', () => {
  it('draws and reads as many boxes as the organisation has set', () => {
    const five = [...'1?345'].reduce(put, empty(5));
    expect(drawn(five).map(({ sign }) => sign)).toEqual(['1', '?', '3', '4', '5']);
    expect(isFragment(five)).toBe(false);
    expect(settle(draft({ text: five.text }), 5)).toMatchObject({ status: 'READ_PART', pattern: '1?345' });
    expect(read('123456', 5)).toMatchObject({ kind: 'other', question: 'longer' });
    expect(drawn({ ...[...'12'].reduce(put, empty(5)), anchor: 'end' }).at(-1)?.sign).toBe('2');
  });
});

describe('markings', () => {
  it.each([
    ['company', ['VII-36', 'CRS 40', 'Cie. VII/36', 'IV - 7'], ['VIII36', '400']],
    ['back', ['2B', '4 C'], ['5A', '2D']],
    ['squadron', ['19/5'], ['19', '195/5']],
    ['plate', ['AA-123-AA', 'AB?23CD', '??-123-??'], ['SS-123-AA', 'IA-123-AA', 'AA-123-SS']],
  ] as const)('%s', (name, good, bad) => {
    for (const text of good) expect(text).toMatch(marks[name]);
    for (const text of bad) expect(text).not.toMatch(marks[name]);
  });
});
