import { describe, expect, test } from 'vitest';
import {
  alternatives,
  type Digits,
  empty,
  filled,
  fitting,
  paste,
  pattern,
  press,
  type Said,
  unsure,
  warnings,
} from '../../desk/digits';
import { FrameTable } from '../../desk/footage-frames';
import { stamp } from '../../desk/footage-words';
import { between, drawn, fitted, moved, proposed, resized, step } from '../../desk/region';

const keys = (text: string, from: Digits = empty(7)) =>
  [...text].reduce((digits, key) => press(digits, key) ?? digits, from);
const SAID: Said = {
  status: 'READ_PART',
  asked: 'NOT_ASKED',
  how: 'later_from_media',
  fragments: [],
  checked: false,
  other: '',
};

describe('digits', () => {
  test('are typed one after another; ? is unknown, the rest is', () => {
    expect(pattern(keys('12?45'))).toBe('12?45??');
    expect(pattern(keys('\u0661\u06f2?45?7'))).toBe('12?45?7');
    expect(pattern(keys('?'))).toBe('');
  });

  test('are unsure by a key, about the one just typed or the one chosen', () => {
    expect(unsure(keys('12u3'))).toEqual([1]);
    expect(unsure(keys('12uu'))).toEqual([]);
    const chosen = press(press(keys('1234567'), 'Home') as Digits, 'u') as Digits;
    expect(unsure(chosen)).toEqual([0]);
    expect(unsure(keys('?u'))).toEqual([]);
  });

  test('may be another: 3/8', () => {
    const read = keys('123/84');
    expect(pattern(read)).toBe('1234???');
    expect(alternatives(read)).toEqual({ '2': '8' });
    expect(unsure(read)).toEqual([2]);
    expect(alternatives(keys('123/8/0'))).toEqual({ '2': '08' });
    expect(alternatives(keys('3/3'))).toEqual({});
    expect(alternatives(keys('123/8u'))).toEqual({});
  });

  test('are taken away where they stand, and typed over', () => {
    const back = press(keys('1234'), 'Backspace') as Digits;
    expect([pattern(back), back.at]).toEqual(['123????', 3]);
    const left = press(press(keys('1234'), 'Home') as Digits, '9') as Digits;
    expect(pattern(left)).toBe('9234???');
    expect(press(empty(7), 'q')).toBeNull();
  });

  test('come back from a stored reading and from the clipboard', () => {
    const read = filled('12?45?7', [1], { '3': '9' }, 7);
    expect([pattern(read), unsure(read), alternatives(read)]).toEqual(['12?45?7', [1, 3], { '3': '9' }]);
    expect(pattern(paste(empty(7), ' 12 34-56.789 '))).toBe('1234567');
  });

  test('propose the status that fits', () => {
    expect(fitting(keys('1234567'), 0)).toBe('READ_FULL');
    expect(fitting(keys('12'), 0)).toBe('READ_PART');
    expect(fitting(empty(7), 1)).toBe('READ_PART');
    expect(fitting(empty(7), 0)).toBeNull();
  });

  test.each([
    ['1234567', { status: 'READ_FULL' }, []],
    ['123456?', { status: 'READ_FULL' }, ['needs-all']],
    ['1234567', {}, ['is-full']],
    ['', {}, ['needs-some']],
    ['', { fragments: [{ digits: '345', anchor: 'start' }] }, []],
    ['', { other: 'AB12' }, []],
    ['12', { status: 'COVERED' }, ['no-digits']],
    ['12', { status: 'COVERED', asked: 'GIVEN', how: 'told' }, []],
    ['', { status: 'NOT_WORN' }, ['not-checked']],
    ['', { status: 'NOT_WORN', checked: true }, []],
    ['', { fragments: [{ digits: '3a', anchor: 'end' }] }, ['bad-fragment']],
    ['', { fragments: [{ digits: '12345678', anchor: 'end' }] }, ['long-fragment']],
  ])('%s with %o warns of %o', (typed, said, expected) => {
    expect(warnings(keys(typed), { ...SAID, ...said })).toEqual(expected);
  });
});

describe('frames', () => {
  const table = new FrameTable({
    width: 1,
    height: 1,
    base: [1, 1000],
    first: 5,
    steps: [33, 250, 12, 33],
  });

  test('know their times and which is on the screen', () => {
    expect([...table.ticks]).toEqual([5, 38, 288, 300, 333]);
    expect([0, 0.005, 0.0379, 0.038, 0.2, 0.299, 9].map((at) => table.at(at))).toEqual([0, 0, 1, 1, 1, 2, 4]);
  });

  test('are named by their own time only', () => {
    expect([table.named(0.288), table.named(0.2885), table.named(0.2), table.named(0.3)]).toEqual([
      2,
      2,
      null,
      3,
    ]);
  });

  test('are looked for inside their interval', () => {
    for (let index = 0; index < table.count; index += 1)
      for (const moment of table.moments(index)) expect(table.at(moment)).toBe(index);
  });

  test('have an end and a beginning', () => {
    expect([table.within(-3), table.within(99), table.tick(99)]).toEqual([0, 4, 333]);
  });

  test('are said to the thousandth', () => {
    expect([stamp(0), stamp(1.48), stamp(61.0005)]).toEqual(['0:00.000', '0:01.480', '1:01.001']);
  });
});

describe('the region', () => {
  const on = { width: 640, height: 480 };

  test('stays on the picture', () => {
    expect(fitted({ x: -5, y: 470, w: 100, h: 50 }, on)).toEqual({ x: 0, y: 430, w: 100, h: 50 });
    expect(moved({ x: 600, y: 0, w: 40, h: 20 }, 30, -5, on)).toEqual({ x: 600, y: 0, w: 40, h: 20 });
    expect(resized({ x: 600, y: 0, w: 40, h: 20 }, 30, -30, on)).toEqual({ x: 600, y: 0, w: 40, h: 4 });
  });

  test('is drawn from any corner to any other', () => {
    const wanted = { x: 10, y: 20, w: 30, h: 40 };
    expect(between({ x: 10, y: 20 }, { x: 40, y: 60 }, on)).toEqual(wanted);
    expect(between({ x: 40, y: 60 }, { x: 10, y: 20 }, on)).toEqual(wanted);
    expect(drawn(wanted, 'nw', { x: 0, y: 0 }, on)).toEqual({ x: 0, y: 0, w: 40, h: 60 });
    expect(drawn(wanted, 'se', { x: 900, y: 900 }, on)).toEqual({ x: 10, y: 20, w: 630, h: 460 });
  });

  test('begins in the middle of what is seen and moves by what the eye sees', () => {
    expect(proposed({ x: 200, y: 100, w: 120, h: 90 }, on)).toEqual({ x: 245, y: 140, w: 30, h: 10 });
    expect([step(1), step(0.25), step(8), step(1, true)]).toEqual([1, 4, 1, 10]);
  });
});
