/** The draft that comes with the app. An organisation replaces it with its own, checked by its lawyer. */

export interface Card {
  draft: string;
  date: string;
  parts: { title: string; lines: string[] }[];
}

export const rightsCard: { en: Card; fr: Card } = {
  en: {
    draft: 'Draft, not yet checked by a lawyer.',
    date: '21 November 2026',
    parts: [
      {
        title: 'Filming the police in public',
        lines: [
          'Officers in public cannot object to being filmed. Nobody may be arrested, and no device taken or footage destroyed, for that alone (ministry note of 23 December 2008).',
          'Limits: the secrecy of an inquiry, traces on the scene, safety, and some listed units whose members must stay anonymous.',
          'Keep a distance, do not stand in the way, say calmly that you are observing.',
        ],
      },
      {
        title: 'RIO number',
        lines: [
          'Officers in uniform wear a seven-digit number, save for some services and missions (CSI R.434-15; order of 24 December 2013).',
          'On 11 October 2023 the Conseil d’État ordered that it be worn visibly and be large enough to be read.',
          'You may ask for it once, calmly. If that is not safe, only note what you see.',
        ],
      },
      {
        title: 'If they want your phone',
        lines: [
          'An informal request is not a formal demand. Ask on what ground, and note the answer.',
          'Refusing a formal demand for an unlock code can be an offence. Ask for a lawyer before you answer.',
          'Nothing on this phone opens what was released. Say so if asked; do not lie.',
        ],
      },
      {
        title: 'If you are held',
        lines: [
          'You have the right to be told why, to a lawyer, to a doctor, to have someone told, to an interpreter, and to keep silent.',
          'Read before you sign. You may refuse to sign, or have your remarks added.',
          'Note times and RIO numbers as soon as you can.',
        ],
      },
      {
        title: 'What you publish',
        lines: [
          'Do not share recordings yourself. Faces, numbers and places can harm people and the case.',
          'Publishing pictures of violence, or what identifies someone, can be an offence. The legal team decides.',
        ],
      },
    ],
  },
  fr: {
    draft: 'Projet, pas encore relu par un avocat.',
    date: '21 novembre 2026',
    parts: [
      {
        title: 'Filmer la police sur la voie publique',
        lines: [
          'Sur la voie publique, les agents ne peuvent pas s’opposer à être filmés. On ne peut, pour cela seul, ni interpeller, ni prendre l’appareil, ni détruire les images (note du ministère du 23 décembre 2008).',
          'Limites : le secret de l’enquête, les traces sur les lieux, la sécurité, et certaines unités listées dont l’anonymat est protégé.',
          'Gardez une distance, ne gênez pas, dites calmement que vous observez.',
        ],
      },
      {
        title: 'Le numéro RIO',
        lines: [
          'Les agents en uniforme portent un numéro à sept chiffres, sauf certains services et missions (CSI R.434-15 ; arrêté du 24 décembre 2013).',
          'Le 11 octobre 2023, le Conseil d’État a ordonné qu’il soit porté de façon visible et assez grand pour être lu.',
          'Vous pouvez le demander une fois, calmement. Si ce n’est pas prudent, notez seulement ce que vous voyez.',
        ],
      },
      {
        title: 'Si on veut votre téléphone',
        lines: [
          'Une demande orale n’est pas une réquisition. Demandez sur quel fondement, et notez la réponse.',
          'Refuser une réquisition de donner un code peut être un délit. Demandez un avocat avant de répondre.',
          'Rien sur ce téléphone n’ouvre ce qui a été libéré. Dites-le si on vous le demande ; ne mentez pas.',
        ],
      },
      {
        title: 'Si vous êtes retenu',
        lines: [
          'Vous avez le droit de savoir pourquoi, à un avocat, à un médecin, à faire prévenir quelqu’un, à un interprète, et de garder le silence.',
          'Lisez avant de signer. Vous pouvez refuser de signer, ou faire ajouter vos remarques.',
          'Notez les heures et les numéros RIO dès que possible.',
        ],
      },
      {
        title: 'Ce que vous publiez',
        lines: [
          'Ne diffusez pas vous-même. Visages, numéros et lieux peuvent nuire aux personnes et au dossier.',
          'Publier des images de violences, ou de quoi identifier quelqu’un, peut être un délit. L’équipe juridique décide.',
        ],
      },
    ],
  },
};
