import { beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { dropLease, Lease, type LeasePlace, readLeases, takeLease } from '../../../../scripts/image/bake/lease.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { recorder } from '../../../builders/recorder.ts';
import { ageing, type Meddler, wire } from '../../wire.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000302'));
});

const one = { run: 'one', job: 'https://gitlab.example.test/jobs/1' };
const two = { run: 'two', job: 'https://gitlab.example.test/jobs/2' };

test('one of many gets a free lease; the others are told who', async () => {
  const place = leasePlace('free');
  const holders = Array.from({ length: 10 }, (_, index) => ({ run: `run-${index}`, job: `job-${index}` }));
  const answers = await Promise.all(holders.map((holder) => takeLease(place, holder)));
  const winners = answers.filter((answer) => answer instanceof Lease);
  expect(winners).toHaveLength(1);
  await releaseAll(answers);
});

test('a lease that was given back is free; a foreign one is not given back', async () => {
  const place = leasePlace('back');
  const first = await lease(place, one);
  await first.release();
  const second = await lease(place, two);
  await first.release();
  expect(await takeLease(place, one)).toMatchObject(two);
  await second.release();
});

test('a lease that nobody renewed for five minutes is taken over by exactly one', async () => {
  const place = leasePlace('dead');
  const dead = await lease(place, one);
  expect(await takeLease(await aged(place, 4.9), two)).toMatchObject(one);
  const later = await aged(place, 5.1);
  const answers = await Promise.all([takeLease(later, two), takeLease(later, { ...two, run: 'three' })]);
  expect(answers.filter((answer) => answer instanceof Lease)).toHaveLength(1);
  await dead.renew();
  const [taker] = answers.filter((answer) => answer instanceof Lease);
  expect([dead.taker?.run, taker?.taker]).toEqual([expect.stringMatching(/^(two|three)$/), undefined]);
  expect(await takeLease(place, one), 'the dead job cannot renew what it lost').not.toMatchObject(one);
  await releaseAll(answers);
});

test('the clock of the job does not matter', async () => {
  const place = leasePlace('clock');
  const held = await lease(place, one);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect(await takeLease(place, two)).toMatchObject(one);
  await held.release();
});

test('an answer that is lost costs neither the lease nor its renewals', async () => {
  const place = leasePlace('lost');
  const unheard = await wired(place, async ({ operation }, next) => {
    const answer = await next();
    // As after a reset: the SDK sends the request once more, and S3 finds its condition broken.
    return operation.startsWith('PUT ')
      ? { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' }
      : answer;
  });
  const held = await lease(unheard, one);
  await held.renew();
  await held.renew();
  await held.release();
  expect(await readLeases(platform.aws, platform.bucket, 'lost')).toEqual([]);
});

test('a lease that somebody removed is written again with the next renewal, but not once it was given back', async () => {
  const place = leasePlace('removed');
  const held = await lease(place, one);
  const [kept] = await readLeases(platform.aws, place.bucket, 'removed');
  if (kept === undefined) throw new Error('no lease');
  await dropLease(platform.aws, place.bucket, kept);
  await held.renew();
  expect(await readLeases(platform.aws, place.bucket, 'removed')).toMatchObject([one]);
  await held.release();
  expect(await readLeases(platform.aws, place.bucket, 'removed')).toEqual([]);
});

test('the leases of a tenant: who holds them, and which are of dead jobs; those are dropped if nobody renews them', async () => {
  const place = leasePlace('listed');
  const held = await lease(place, one);
  const { aws } = await aged(place, 6);
  const [stale] = await readLeases(aws, place.bucket, 'listed');
  expect(stale).toMatchObject({ ...one, isStale: true });
  expect(await readLeases(platform.aws, place.bucket, 'listed')).toMatchObject([{ ...one, isStale: false }]);
  await held.renew();
  if (stale === undefined) throw new Error('no lease');
  expect(await dropLease(aws, place.bucket, stale)).toBe(false);
  const [current] = await readLeases(aws, place.bucket, 'listed');
  if (current === undefined) throw new Error('no lease');
  expect(await dropLease(aws, place.bucket, current)).toBe(true);
});

/** The same bucket, where S3 says that everything was written so many minutes ago. */
async function aged(place: LeasePlace, minutes: number): Promise<LeasePlace> {
  return await wired(place, ageing(minutes));
}

async function wired(place: LeasePlace, meddle: Meddler): Promise<LeasePlace> {
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, meddle);
  return { ...place, aws: openAws(recorder({ ...platform.env, AWS_ENDPOINT_URL })) };
}

function leasePlace(name: string): LeasePlace {
  return { aws: platform.aws, bucket: platform.bucket, key: `claims/bakes/${name}/key.json` };
}

async function lease(place: LeasePlace, holder: { run: string; job: string }): Promise<Lease> {
  const taken = await takeLease(place, holder);
  if (!(taken instanceof Lease)) throw new Error(`held by ${taken?.run}`);
  onTestFinished(() => taken.release());
  return taken;
}

async function releaseAll(answers: readonly unknown[]): Promise<void> {
  for (const answer of answers) if (answer instanceof Lease) await answer.release();
}
