/** Reads a QR code with the camera. The picture stays in this page. */
import { closeStream, openStream } from '../capture/camera';
import { refusalWords } from '../capture/refusal';
import { catalogue } from '../lib/text';
import { el } from './dom';
import { paragraph } from './frame';
import { openPanel } from './panel';

const t = catalogue({
  en: {
    title: 'Scan the QR code',
    lead: 'Hold the code in front of the camera.',
    other: 'This code is not an invitation.',
  },
  fr: {
    title: 'Scanner le code QR',
    lead: 'Placez le code devant la caméra.',
    other: 'Ce code n’est pas une invitation.',
  },
});

const EVERY = 200;
const WIDTH = 640;

/** `found` gets the text and says whether it was what was looked for; then the scanner closes. */
export function openScanner(found: (text: string) => boolean): void {
  const video = el('video', {
    class: 'view',
    at: { muted: true, playsinline: true, 'aria-label': t('title') },
  });
  const said = paragraph(t('lead'), 'lead');
  said.setAttribute('role', 'status');
  const stop = new AbortController();
  const close = openPanel({
    title: t('title'),
    class: 'full',
    build: () => [video, el('div', { class: 'content' }, said)],
    closed: () => stop.abort(),
  });
  void look();

  async function look(): Promise<void> {
    let stream: MediaStream | null = null;
    try {
      stream = await openStream('photo', 720, 'environment');
      const { default: read } = await import('jsqr');
      video.srcObject = stream;
      await video.play();
      const canvas = el('canvas');
      const context = canvas.getContext('2d', { willReadFrequently: true });
      while (!stop.signal.aborted && context) {
        if (video.videoWidth > 0) {
          canvas.width = Math.min(WIDTH, video.videoWidth);
          canvas.height = Math.round((canvas.width * video.videoHeight) / video.videoWidth);
          context.drawImage(video, 0, 0, canvas.width, canvas.height);
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          const code = read(data, canvas.width, canvas.height, { inversionAttempts: 'dontInvert' });
          if (code?.data) {
            if (found(code.data)) close();
            else said.textContent = t('other');
          }
        }
        await new Promise((next) => setTimeout(next, EVERY));
      }
    } catch (error) {
      said.textContent = refusalWords(error);
    } finally {
      closeStream(stream);
      video.srcObject = null;
    }
  }
}
