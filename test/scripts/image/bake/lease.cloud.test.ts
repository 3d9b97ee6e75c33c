import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { Lease, type LeasePlace, takeLease } from '../../../../scripts/image/bake/lease.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';

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
  const soon = Date.now() + 4.9 * 60_000;
  const later = Date.now() + 5.1 * 60_000;
  expect(await takeLease(place, two, soon)).toMatchObject(one);
  const answers = await Promise.all([takeLease(place, two, later), takeLease(place, { ...two, run: 'three' }, later)]);
  expect(answers.filter((answer) => answer instanceof Lease)).toHaveLength(1);
  await dead.renew();
  expect(await takeLease(place, one), 'the dead job cannot renew what it lost').not.toMatchObject(one);
  await releaseAll(answers);
});

test('a renewed lease stays', async () => {
  const place = leasePlace('renewed');
  const held = await lease(place, one);
  await held.renew();
  await held.renew();
  expect(await takeLease(place, two, Date.now() + 4.9 * 60_000)).toMatchObject(one);
  await held.release();
});

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
