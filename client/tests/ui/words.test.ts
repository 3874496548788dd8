import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { codes, groups, label, lists, search, shortLabel, tiles } from '../../journal/vocabulary';
import { setLanguage } from '../../lib/text';
import { situation } from '../../shell/install';
import { secretIn } from '../../shell/invitation';

afterEach(() => setLanguage('en'));

describe('the vocabulary', () => {
  it('has each code once, with a label and a tile in both languages', () => {
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length);
    expect(groups).toHaveLength(17);
    for (const { en, fr, short } of codes)
      for (const text of [en, fr, short.en, short.fr]) expect(text.trim().length).toBeGreaterThan(1);
  });
  it('keeps tiles short', () => {
    for (const { short } of codes)
      for (const text of [short.en, short.fr])
        expect(text.replaceAll('\u00ad', '').length).toBeLessThanOrEqual(24);
  });
  it('is found in either language, without accents', () => {
    expect(search('fouille vehicule').map(({ code }) => code)).toContain('CHK-VEH');
    expect(search('teargas face').map(({ code }) => code)).toEqual(['FOR-GASF']);
    expect(search('zzzz')).toEqual([]);
  });
  it('puts codes used last first, eight in all, and drops unknown ones', () => {
    expect(tiles(['LIB-GAV', 'NOT-A-CODE', 'FOR-GAS']).slice(0, 2)).toEqual(['LIB-GAV', 'FOR-GAS']);
    expect(tiles([])).toHaveLength(8);
  });
  it('speaks the language chosen', () => {
    setLanguage('fr');
    expect(label('code', 'FOR-BAT')).toBe('Coup de matraque ou bâton');
    expect(shortLabel('FOR-BAT')).toBe('Matraque');
    expect(label('force', 'GM')).toBe('Gendarmerie mobile');
    expect(label('item', 'tents')).toBe('Tentes');
    expect(label('code', 'OLD-CODE')).toBe('OLD-CODE');
  });
  it('has the lists that entries name', () => {
    expect(lists.qualifier.map(({ code }) => code)).toEqual([
      'EXACT',
      'MIN',
      'ABOUT',
      'NONE_SEEN',
      'NO_VIEW',
    ]);
    expect(lists.force.map(({ code }) => code)).toContain('UNK');
  });
});

describe('an invitation', () => {
  const secret = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE';
  it.each([
    [`https://carnet.example.org/m/#${secret}`, secret],
    [`  ${secret}\n`, secret],
    ['7kq2m-4x9zt', '7KQ2M4X9ZT'],
    ['https://carnet.example.org/m/#7KQ2M4X9ZT', '7KQ2M4X9ZT'],
    ['https://carnet.example.org/m/', null],
    ['https://carnet.example.org/m/#/settings', null],
    [`https://carnet.example.org/m/#/earlier/${'a'.repeat(32)}`, null],
    [`https://carnet.example.org/m/?${secret}`, null],
    ['hello', null],
    [`${secret}x`, null],
  ])('%s', (text, found) => {
    expect(secretIn(text)).toBe(found);
  });
});

describe('where the app is looked at', () => {
  const iphone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
  const android = 'Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko)';
  it.each([
    ['safari', `${iphone} Version/18.0 Mobile/15E148 Safari/604.1`, false],
    ['installed', `${iphone} Version/18.0 Mobile/15E148 Safari/604.1`, true],
    ['in-app', `${iphone} Mobile/15E148`, false],
    ['in-app', `${iphone} Mobile/15E148 Instagram 300.0 Safari/604.1`, false],
    ['in-app', `${android.replace('; K)', '; K; wv)')} Version/4.0 Chrome/130.0 Mobile Safari/537.36`, false],
    ['browser', `${android} Chrome/130.0.0.0 Mobile Safari/537.36`, false],
    ['browser', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36', false],
  ])('%s: %s', (expected, agent, standalone) => {
    expect(situation({ agent, touch: 5, standalone })).toBe(expected);
  });
  it('an iPad that calls itself a Mac is one', () => {
    const agent =
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15';
    expect(situation({ agent, touch: 5, standalone: false })).toBe('safari');
    expect(situation({ agent, touch: 0, standalone: false })).toBe('browser');
  });
});

describe('words', () => {
  const client = new URL('../../', import.meta.url);
  const sources = ['shell', 'capture', 'journal'].flatMap((area) =>
    readdirSync(new URL(area, client))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [`${area}/${name}`, readFileSync(new URL(`${area}/${name}`, client), 'utf8')] as const),
  );
  const french = sources.flatMap(([name, text]) =>
    [...text.matchAll(/\n {2}fr: \{\n([\s\S]*?)\n {2}\}/g)].flatMap(([, block = '']) =>
      [...block.matchAll(/'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(
        (match) => [name, match[1] ?? match[2] ?? ''] as const,
      ),
    ),
  );
  it('are there', () => {
    expect(french.length).toBeGreaterThan(250);
  });
  it('in French keep : ; ? and » on the line', () => {
    const loose = french.filter(([, text]) => / [:;?»]|« /.test(text.replace(/\$\{[^}]*\}/g, 'x')));
    expect(loose).toEqual([]);
  });
  it('never shout', () => {
    expect(french.filter(([, text]) => text.includes('!'))).toEqual([]);
    expect(sources.filter(([, text]) => /: '[^'\n]*[a-z]!'/.test(text)).map(([name]) => name)).toEqual([]);
  });
});
