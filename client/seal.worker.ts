/** Dedicated worker that turns plaintext into sealed bytes on disk. */
import { Store } from './lib/store';
import { answering } from './seal/answering';
import { SealService } from './seal/service';

const service = new SealService(new Store());
answering(service.act.bind(service));
