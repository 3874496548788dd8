import { beforeEach, describe, expect, test } from 'vitest';
import './support/browserlike';
import { NotEnrolled, recipientsOf, SealedDepot } from '../lib/depot';
import { NotRedeemed, PhoneEnrolment, secretIn } from '../lib/enrol';
import { Store } from '../lib/store';
import { note, phone, sealerHere } from './support/phone';
import { FakeServer, refuse } from './support/server';

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.make();
  server.install();
});

test('the secret is found in what people type, paste and scan', () => {
  const secret = 'QuilEJ-Hg_pK02rZvY3OHSu0TuKwxiQjSMPym_O2HuQ';
  for (const given of [secret, `  ${secret} `, `#${secret}`, `https://example.org/m/#${secret}`])
    expect(secretIn(given)).toBe(secret);
  for (const given of ['HRXPPKVT47', 'hrxpp-kvt47', ' hrxpp kvt47 ', 'HRXPPKVT 4 7'])
    expect(secretIn(given)).toBe('HRXPPKVT47');
  expect(secretIn('OIL0O1L234')).toBe('0110011234');
  for (const given of ['', 'HRXPPKVT4', 'HRXPPKVT4U', `${secret}x`, 'https://example.org/m/'])
    expect(secretIn(given)).toBeNull();
});

test('before enrolment nothing is sealed and nothing pretends to be', async () => {
  const store = new Store();
  await expect(new SealedDepot(store, sealerHere(store)).entry(note('x'))).rejects.toBeInstanceOf(
    NotEnrolled,
  );
  expect(await store.items()).toEqual([]);
});

test('a refused invitation leaves no trace and says why', async () => {
  const store = new Store();
  const enrolment = await PhoneEnrolment.open(store);
  await expect(enrolment.redeem('HRXPPKVT47')).rejects.toThrow('refused: invitation-unknown');
  await expect(enrolment.redeem('nonsense')).rejects.toBeInstanceOf(NotRedeemed);
  server.trouble = () => new TypeError('offline');
  await expect(enrolment.redeem(server.invitation)).rejects.toThrow('No connection');
  expect(await enrolment.current()).toBeNull();
});

test('a phone that dies before it kept the answer asks again in the same words, and is one device', async () => {
  const store = new Store();
  const asked: string[] = [];
  server.trouble = async (_method, path, _headers, body) => {
    if (path !== '/api/enrol') return null;
    asked.push((JSON.parse(new TextDecoder().decode(body)) as { statement: string }).statement);
    // Taken by the server; the answer is lost.
    return asked.length === 1 ? new TypeError('cut') : null;
  };
  await expect((await PhoneEnrolment.open(store)).redeem(server.invitation)).rejects.toThrow('No connection');
  await store.close();
  const later = new Store();
  await (await PhoneEnrolment.open(later)).redeem(server.invitation);
  expect(asked).toHaveLength(2);
  expect(asked[1]).toBe(asked[0]);
  expect(await later.kept('enrolling')).toBeUndefined();
  const enrolment = await later.read(['statements'], (tx) => tx.objectStore('statements').getAll());
  expect(enrolment.map(({ seq, jws }) => [seq, jws])).toEqual([[0, asked[0]]]);
});

test('a refused invitation is not asked for again in the same words', async () => {
  const store = new Store();
  const enrolment = await PhoneEnrolment.open(store);
  server.trouble = (_method, path) => (path === '/api/enrol' ? refuse(410, 'invitation-used') : null);
  await expect(enrolment.redeem(server.invitation)).rejects.toThrow('invitation-used');
  expect(await store.kept('enrolling')).toBeUndefined();
});

test('enrolled with another organisation: what was sealed for the first stays here and is not shown to the second', async () => {
  const here = await phone(server);
  await here.depot.entry(note('for the first'));
  const second = await FakeServer.make();
  Object.assign(second, { id: 'f'.repeat(32) });
  second.install();
  await here.enrolment.redeem(second.invitation);
  await here.sender.drain();
  const [item] = await here.depot.items();
  expect(item?.state).toBe('refused');
  expect(item?.problem).toContain('another organisation');
  expect([second.statements, [...second.uploads]]).toEqual([[], []]);
});

test('enrolled again with nothing waiting, the phone still says whose work it goes on with', async () => {
  const here = await phone(server);
  const before = (await here.store.kept('device'))?.device;
  await here.enrolment.redeem(server.invitation);
  await here.sender.drain();
  expect(server.statements.map(({ typ, says }) => [typ, says.from, says.ids])).toEqual([
    ['temoin-handover', before, []],
  ]);
  expect(await here.store.kept('former')).toBeUndefined();
});

test('the clock offset comes from the server, and both clocks stay side by side', async () => {
  server.ahead = 90_000;
  const { enrolment } = await phone(server);
  const clock = enrolment.clock();
  expect(Math.abs((clock.offset ?? 0) - 90_000)).toBeLessThanOrEqual((clock.error ?? 0) + 5);
  expect(Math.abs(clock.wall - Date.now())).toBeLessThan(1000);
  const again = await PhoneEnrolment.open(new Store());
  expect(again.clock().offset).toBe(clock.offset);
});

test('the number of digits of a RIO is the organisation’s, and seven where it says none that a pad could show', async () => {
  const { enrolment } = await phone(server);
  expect((await enrolment.current())?.rioDigits).toBe(7);
  for (const [said, taken] of [
    [5, 5],
    [undefined, 7],
    [70, 7],
    ['6', 7],
  ]) {
    server.app = { ...server.app, rio_digits: said };
    expect((await enrolment.refresh())?.rioDigits).toBe(taken);
  }
});

describe('a change of keys', () => {
  const custody = async () => (await new Store().kept('device'))?.custody;

  test('signed by the organisation: taken, and sealed to from then on', async () => {
    const { enrolment, store } = await phone(server);
    const [old, next] = [server.custody, server.intake[0] ?? ''];
    server.custody = next;
    server.pinnedAt++;
    expect((await enrolment.refresh())?.warning).toBeNull();
    expect(await custody()).toEqual([next]);
    expect((await recipientsOf(store)).recipients).not.toContain(old);
  });

  test.each([
    [
      'another organisation key',
      (stranger: ReturnType<FakeServer['stranger']>) => server.lists(stranger),
      'organisation key',
    ],
    [
      'the right name, signed by another',
      (stranger: ReturnType<FakeServer['stranger']>) => server.lists(server.organisation, stranger),
      "organisation's signature",
    ],
  ])('%s: refused, and said', async (_what, lists, sentence) => {
    const { enrolment } = await phone(server);
    const before = await custody();
    server.custody = server.intake[0] ?? '';
    server.pinnedAt++;
    const forged = await lists(server.stranger());
    server.trouble = (_method, path) =>
      path === '/api/pins' ? Response.json({ ...forged, time: server.now(), retired: false }) : null;
    expect((await enrolment.refresh())?.warning).toContain(sentence);
    expect(await custody()).toEqual(before);
  });

  test('an older list played again is not taken', async () => {
    const { enrolment } = await phone(server);
    const old = await server.lists();
    const next = server.intake[0] ?? '';
    server.custody = next;
    server.pinnedAt++;
    await enrolment.refresh();
    server.trouble = (_method, path) =>
      path === '/api/pins' ? Response.json({ ...old, time: server.now(), retired: false }) : null;
    await enrolment.refresh();
    expect(await custody()).toEqual([next]);
  });

  test('revoked or retired is said; offline is quiet', async () => {
    const { enrolment } = await phone(server);
    server.trouble = () => new TypeError('offline');
    expect(await enrolment.refresh()).toMatchObject({ revoked: false, ended: null, warning: null });
    server.trouble = () => refuse(401, 'retired');
    expect((await enrolment.refresh())?.ended).toContain('practice is over');
  });
});
