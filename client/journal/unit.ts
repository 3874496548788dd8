/** Markings of a unit or a vehicle. They are read from much farther than a RIO. Patterns help, they never refuse. */
import type { Entry } from '../lib/contracts';
import { catalogue } from '../lib/text';
import type { App } from '../shell/app';
import { button, el, type Field, field } from '../shell/dom';
import { attempt, feel } from '../shell/live';
import { openPanel } from '../shell/panel';
import { forceSelect } from './force';
import { officerChips } from './officers';
import { marks } from './validate';

const t = catalogue({
  en: {
    title: 'Unit and vehicle',
    company: 'CRS company, on vans',
    companyHint: 'For example VII-36 or 40',
    back: 'CRS text on the back',
    backHint: 'For example 2B',
    squadron: 'Gendarmerie squadron, on vehicles',
    squadronHint: 'For example 19/5',
    vehicle: 'Number plate',
    vehicleHint: 'For example AA-123-AA, ? for what you could not read',
    town: 'Town, municipal police',
    other: 'Anything else written on them',
    unusual: 'Unusual form: kept as typed.',
    keep: 'Keep',
    kept: 'Unit sealed',
  },
  fr: {
    title: 'Unité et véhicule',
    company: 'Compagnie CRS, sur les fourgons',
    companyHint: 'Par exemple VII-36 ou 40',
    back: 'Inscription CRS dans le dos',
    backHint: 'Par exemple 2B',
    squadron: 'Escadron de gendarmerie, sur les véhicules',
    squadronHint: 'Par exemple 19/5',
    vehicle: 'Plaque d’immatriculation',
    vehicleHint: 'Par exemple AA-123-AA, ? pour ce qui n’était pas lisible',
    town: 'Ville, police municipale',
    other: 'Toute autre inscription',
    unusual: 'Forme inhabituelle : gardé tel quel.',
    keep: 'Garder',
    kept: 'Unité scellée',
  },
});

const FIELDS = ['company', 'back', 'squadron', 'vehicle', 'town', 'other'] as const;
type Name = (typeof FIELDS)[number];

const patterns: Partial<Record<Name, RegExp>> = {
  company: marks.company,
  back: marks.back,
  squadron: marks.squadron,
  vehicle: marks.plate,
};
const hints: Partial<Record<Name, 'companyHint' | 'backHint' | 'squadronHint' | 'vehicleHint'>> = {
  company: 'companyHint',
  back: 'backHint',
  squadron: 'squadronHint',
  vehicle: 'vehicleHint',
};

export function openUnit(app: App, about: number | null = null, startForce = '', replaces?: Entry): void {
  const data = replaces?.data ?? {};
  let officer = typeof data.officer === 'number' ? data.officer : about;
  let force = typeof data.force === 'string' ? data.force : startForce;
  const fields = {} as Record<Name, Field>;
  for (const name of FIELDS) {
    const hint = hints[name];
    fields[name] = field(t(name), { value: String(data[name] ?? ''), ...(hint ? { hint: t(hint) } : {}) });
    unusual(fields[name], patterns[name]);
  }
  const value = (name: Name) => fields[name].input.value.trim();
  openPanel({
    title: t('title'),
    aside: forceSelect(force, (next) => {
      force = next;
    }).node,
    unsaved: () => FIELDS.some((name) => value(name) !== String(data[name] ?? '')),
    build: (close) => [
      el(
        'div',
        { class: 'content' },
        officerChips(app, officer, (n) => {
          officer = n;
        }),
        ...FIELDS.map((name) => fields[name].node),
      ),
      el(
        'div',
        { class: 'foot' },
        button(
          {
            class: 'button primary',
            press: async () => {
              if (!force && FIELDS.every((name) => !value(name))) {
                fields.company.input.focus();
                return;
              }
              const texts = Object.fromEntries(FIELDS.map((name) => [name, value(name)]));
              const unit = { officer, force: force || 'UNK', ...texts };
              if (
                !(await attempt(
                  () => app.journal.add('unit', unit, replaces ? { corrects: replaces.id } : {}),
                  t('kept'),
                ))
              )
                return;
              feel();
              close();
            },
          },
          t('keep'),
        ),
      ),
    ],
  });
}

function unusual({ node, input }: Field, pattern: RegExp | undefined): void {
  if (!pattern) return;
  const said = el('p', { class: 'hint', at: { role: 'status' } });
  node.append(said);
  input.addEventListener('change', () => {
    const text = input.value.trim();
    said.textContent = text && !pattern.test(text) ? t('unusual') : '';
  });
}
