/** Passphrases: proposing good ones, refusing guessable ones. */

const CONSONANTS = 'bdfgjklmnprstvz';
const VOWELS = 'aeiou';
/** Words of two open syllables by rule, sayable in French and English: (15 x 5)^2 = 5625 of them. */
const SYLLABLES = CONSONANTS.length * VOWELS.length;
const BITS_PER_WORD = 2 * Math.log2(SYLLABLES);
const PROPOSED_WORDS = 6;

/** Against somebody with a copy of the phone, who tries offline: each try costs scrypt with N = 2^16 (64 MiB). */
export const BITS_NEEDED = 50;

/** Six words by rule: 75 bits. */
export function proposePassphrase(): string {
  return Array.from({ length: PROPOSED_WORDS }, () => syllable() + syllable()).join(' ');
}

function syllable(): string {
  const n = below(SYLLABLES);
  return CONSONANTS.charAt(Math.floor(n / VOWELS.length)) + VOWELS.charAt(n % VOWELS.length);
}

/** Uniform: throws away what would favour small numbers. */
function below(limit: number): number {
  const fair = 256 - (256 % limit);
  for (;;) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) return byte % limit;
  }
}

/** What people choose first, in both languages, and places of this work. Found inside longer ones too. */
const COMMON =
  'password passwort motdepasse secret azerty qwerty iloveyou jetaime soleil bonjour hello welcome bienvenue admin dragon monkey doudou chouchou football master login marseille paris calais grandesynthe dunkerque temoin carnet observer observateur love amour liberte freedom welcome princess chocolat france england london'.split(
    ' ',
  );
const ROWS = [
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789',
];

/** Cautious estimate of the guesses it takes, in bits. */
export function passphraseBits(given: string): number {
  const text = given.normalize('NFKC').toLowerCase().trim();
  const words = text.split(/[\s\-_.,]+/).filter(Boolean);
  const distinct = new Set(words);
  if (words.length > 1 && words.every(byRule)) return distinct.size * BITS_PER_WORD;
  let bits = 0;
  for (const word of distinct) bits += wordBits(word);
  // Capitals and signs as people place them: first letter, last character.
  if (/\p{Lu}/u.test(given)) bits += 1;
  return bits;
}

const byRule = (word: string) => new RegExp(`^([${CONSONANTS}][${VOWELS}]){2}$`).test(word);

function wordBits(word: string): number {
  let rest = word;
  let bits = 0;
  for (const common of COMMON) {
    if (!rest.includes(common)) continue;
    rest = rest.replaceAll(common, '');
    bits += Math.log2(COMMON.length);
  }
  // Letters and digits in turn, again and again: nobody's word with a year behind it.
  if ((rest.match(/\p{L}\d|\d\p{L}/gu)?.length ?? 0) > 3) return bits + freshCharacters(rest) * 4.2;
  for (const run of rest.match(/\p{L}+|\d+|[^\p{L}\d]+/gu) ?? []) bits += runBits(run);
  return bits;
}

/** A year is 7 bits; digits 3.3 each; letters of a language about 2.3 each, more when they form no word. */
function runBits(run: string): number {
  if (/^(19|20)\d\d$/.test(run)) return 7;
  const fresh = freshCharacters(run);
  if (/^\d/.test(run)) return fresh * 3.3;
  if (/^\p{L}/u.test(run)) return fresh * (looksRandom(run) ? 4.2 : 2.3);
  return fresh * 3;
}

/** Characters that neither repeat the one before nor go on along a keyboard row or the alphabet. */
function freshCharacters(run: string): number {
  let fresh = 1;
  for (let i = 1; i < run.length; i++) {
    const pair = run.slice(i - 1, i + 1);
    const reversed = [...pair].reverse().join('');
    if (pair[0] !== pair[1] && !ROWS.some((row) => row.includes(pair) || row.includes(reversed))) fresh++;
  }
  return fresh;
}

/** Hardly any vowels: no word of either language. */
function looksRandom(run: string): boolean {
  return run.length >= 6 && (run.match(/[aeiouyàâéèêëîïôùûü]/g)?.length ?? 0) / run.length < 0.2;
}
