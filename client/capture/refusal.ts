/** Why there is no picture or sound, and what to do about it, in words. */
import { catalogue } from '../lib/text';
import { CameraError } from './camera';

const t = catalogue({
  en: {
    refused:
      'The camera or microphone is not allowed for this app. Open the phone’s settings, find this app, then Permissions, and allow them. Notes, RIO and import work all the same.',
    none: 'No camera or microphone was found on this device. Notes, RIO and import work all the same.',
    busy: 'Another app is using the camera or microphone. Close it and try again.',
    unavailable: 'This browser gives no access to the camera. Notes, RIO and import work all the same.',
  },
  fr: {
    refused:
      'La caméra ou le micro n’est pas autorisé pour cette application. Ouvrez les réglages du téléphone, cherchez l’application, puis Autorisations, et autorisez-les. Notes, RIO et import fonctionnent quand même.',
    none: 'Aucune caméra, aucun micro trouvé sur cet appareil. Notes, RIO et import fonctionnent quand même.',
    busy: 'Une autre application utilise la caméra ou le micro. Fermez-la et réessayez.',
    unavailable:
      'Ce navigateur ne donne pas accès à la caméra. Notes, RIO et import fonctionnent quand même.',
  },
});

export function refusalWords(error: unknown): string {
  return t(error instanceof CameraError ? error.why : 'unavailable');
}
