/** What a player asks for with `Range`. Pure. */

export type Wanted =
  | { kind: 'whole' }
  | { kind: 'part'; from: number; length: number }
  | { kind: 'last'; length: number }
  | { kind: 'bad' };

/** @param header the value of `Range`, or null; @param most bytes to answer at once. */
export function wanted(header: string | null, most: number): Wanted {
  if (header === null) return { kind: 'whole' };
  const [, first = '', last = ''] = header.match(/^bytes=(\d*)-(\d*)$/) ?? [];
  if (first === '' && last === '') return { kind: 'bad' };
  if (first === '')
    return Number(last) > 0 ? { kind: 'last', length: Math.min(Number(last), most) } : { kind: 'bad' };
  const from = Number(first);
  const length = last === '' ? most : Number(last) - from + 1;
  return length > 0 ? { kind: 'part', from, length: Math.min(length, most) } : { kind: 'bad' };
}
