/** An entry in words, as the list of an observation shows it. */
import type { Entry } from '../lib/contracts';
import { catalogue } from '../lib/text';
import type { IconName } from '../shell/icons';
import { kindWord } from '../shell/items';
import { officerName } from './officers';
import type { Reading } from './validate';
import { label } from './vocabulary';

const t = catalogue({
  en: {
    open: 'Observation opened',
    finish: 'Observation finished',
    begin: (p: { kind: string }) => `${p.kind} begun`,
    end: 'Recording ended',
    stopped: 'Stopped by the phone',
    import: 'File imported',
    place: 'Position noted',
    unit: 'Unit or vehicle',
    unknown: 'Entry',
    any: 'Place unknown',
    start: 'at the start',
    end2: 'at the end',
    anywhere: 'somewhere',
    later: 'added later',
    quoted: (p: { text: string }) => `“${p.text}”`,
  },
  fr: {
    open: 'Observation ouverte',
    finish: 'Observation terminée',
    begin: (p) => `Début : ${p.kind.toLowerCase()}`,
    end: 'Fin de l’enregistrement',
    stopped: 'Arrêté par le téléphone',
    import: 'Fichier importé',
    place: 'Position notée',
    unit: 'Unité ou véhicule',
    unknown: 'Saisie',
    any: 'Place inconnue',
    start: 'au début',
    end2: 'à la fin',
    anywhere: 'quelque part',
    later: 'ajoutée ensuite',
    quoted: (p) => `« ${p.text} »`,
  },
});

export interface Described {
  icon: IconName;
  title: string;
  detail: string;
}

export function describe(entry: Entry): Described {
  const { data } = entry;
  const officer = typeof data.officer === 'number' ? officerName(data.officer) : '';
  const text = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : '');
  switch (entry.type) {
    case 'open':
      return { icon: 'plus', title: t('open'), detail: '' };
    case 'finish':
      return { icon: 'done', title: t('finish'), detail: '' };
    case 'begin': {
      const kind = text('kind') as 'film';
      return { icon: kind, title: t('begin', { kind: kindWord(kind) }), detail: '' };
    }
    case 'end':
      return { icon: 'stop', title: t('end'), detail: '' };
    case 'stopped':
      return { icon: 'attention', title: t('stopped'), detail: '' };
    case 'import':
      return { icon: 'import', title: t('import'), detail: text('name') };
    case 'officer':
      return { icon: 'officer', title: officer, detail: join(label('force', text('force')), text('look')) };
    case 'rio':
      return {
        icon: 'rio',
        title: `RIO, ${officer.toLowerCase()}`,
        detail: reading(data as unknown as Reading),
      };
    case 'unit':
      return { icon: 'vehicle', title: t('unit'), detail: unit(data, officer) };
    case 'code':
      return {
        icon: 'codes',
        title: label('code', text('code')),
        detail: join(officer, label('basis', text('basis'))),
      };
    case 'count': {
      const none = /^NO/.test(text('qualifier'));
      const qualifier = label('qualifier', text('qualifier'));
      return {
        icon: 'count',
        title: label('item', text('what')),
        detail: none ? qualifier : `${qualifier} ${String(data.n)}`,
      };
    }
    case 'quote':
      return { icon: 'quote', title: t('quoted', { text: text('text') }), detail: officer };
    case 'note':
      return { icon: 'note', title: text('text'), detail: data.later === true ? t('later') : '' };
    case 'place':
      return { icon: 'pin', title: t('place'), detail: '' };
    default:
      return { icon: 'note', title: t('unknown'), detail: entry.type };
  }
}

function join(...parts: string[]): string {
  return parts.filter(Boolean).join(' · ');
}

function reading(data: Reading): string {
  const anchors = { start: t('start'), end: t('end2'), anywhere: t('anywhere') };
  const fragments = data.pattern
    ? []
    : data.fragments.map(({ digits, anchor }) => `${digits} ${anchors[anchor]}`);
  const asked = data.asked === 'NOT_ASKED' ? '' : label('asked', data.asked);
  const status = data.pattern || fragments.length > 0 ? '' : label('status', data.status);
  return join(data.pattern ?? '', ...fragments, data.other, status, asked);
}

function unit(data: Record<string, unknown>, officer: string): string {
  const texts = ['company', 'back', 'squadron', 'vehicle', 'town', 'other'].map((name) =>
    String(data[name] ?? ''),
  );
  return join(officer, label('force', String(data.force ?? '')), ...texts);
}
