import { describe, expect, it } from 'vitest';
import { wanted } from '../../shell/range';

describe('what a player asks for', () => {
  it.each([
    [null, { kind: 'whole' }],
    ['bytes=0-', { kind: 'part', from: 0, length: 1000 }],
    ['bytes=5-9', { kind: 'part', from: 5, length: 5 }],
    ['bytes=5-99999', { kind: 'part', from: 5, length: 1000 }],
    ['bytes=7-7', { kind: 'part', from: 7, length: 1 }],
    ['bytes=-500', { kind: 'last', length: 500 }],
    ['bytes=-5000', { kind: 'last', length: 1000 }],
    ['bytes=-0', { kind: 'bad' }],
    ['bytes=9-5', { kind: 'bad' }],
    ['bytes=-', { kind: 'bad' }],
    ['bytes=0-1,5-6', { kind: 'bad' }],
    ['items=0-1', { kind: 'bad' }],
  ])('%s', (header, expected) => {
    expect(wanted(header, 1000)).toEqual(expected);
  });
});
