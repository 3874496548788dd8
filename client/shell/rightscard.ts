/** The draft that comes with the app. An organisation replaces it with its own at the desk, checked by its lawyer. */
import draft from '../../app/phone/rights.json';

export interface Card {
  draft: string;
  date: string;
  parts: { title: string; lines: string[] }[];
}

export const rightsCard: { en: Card; fr: Card } = draft;
