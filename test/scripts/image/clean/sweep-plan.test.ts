import { expect, test } from 'vitest';
import type { KeptLease } from '../../../../scripts/image/bake/lease.ts';
import { nothingLeft } from '../../../../scripts/image/clean/leftovers.ts';
import { type Found, planSweep } from '../../../../scripts/image/clean/sweep-plan.ts';

const image = (ImageId: string, SnapshotId: string) => ({ ImageId, BlockDeviceMappings: [{ Ebs: { SnapshotId } }] });
const lease = (run: string, more: Partial<KeptLease> = {}): KeptLease => ({
  ...{ run, job: `https://gitlab.example.test/jobs/${run}`, until: '2026-01-01T00:00:00Z', isStale: false },
  ...{ key: `claims/bakes/shop/${run}.json`, etag: '"1"', ...more },
});
const builder = { ...nothingLeft, instances: ['i-1'], keyPairs: ['vendhost-bake-1'], securityGroups: ['sg-1'] };

function found(traces: Record<string, Partial<typeof nothingLeft>>, more: Partial<Found> = {}): Found {
  const whole = Object.entries(traces).map(([run, left]) => [run, { ...nothingLeft, ...left }] as const);
  return { traces: new Map(whole), leases: [], kept: new Set(), ...more };
}

test('nothing was left', () => {
  const done = { finished: { images: [image('ami-1', 'snap-1')], snapshots: ['snap-1'] } };
  expect(planSweep(found(done, { kept: new Set(['ami-1']) }), {})).toEqual({ runs: [], leases: [] });
});

test('a run without a lease is dead: all of it goes', () => {
  const left = { ...builder, images: [image('ami-1', 'snap-1')], snapshots: ['snap-1'] };
  expect(planSweep(found({ dead: left }), {})).toEqual({ runs: [{ run: 'dead', left }], leases: [] });
});

test('a run whose lease is stale is dead, and the lease goes too', () => {
  const stale = lease('dead', { isStale: true });
  const plan = planSweep(found({ dead: builder }, { leases: [stale] }), {});
  expect(plan).toEqual({ runs: [{ run: 'dead', left: builder }], leases: [stale] });
});

test('a living run is never touched: one with a lease, and the one that sweeps', () => {
  const traces = { living: builder, own: builder };
  expect(planSweep(found(traces, { leases: [lease('living')] }), { run: 'own' })).toEqual({ runs: [], leases: [] });
  const late = [lease('living'), lease('own', { isStale: true })];
  expect(planSweep(found(traces, { leases: late }), { run: 'own' })).toEqual({ runs: [], leases: [] });
});

test('a run of the job whose script is over is dead; a run of another job is not', () => {
  const ended = lease('ours');
  const plan = planSweep(found({ ours: builder, theirs: builder }, { leases: [ended, lease('theirs')] }), {
    endedJob: ended.job,
  });
  expect(plan).toEqual({ runs: [{ run: 'ours', left: builder }], leases: [ended] });
});

test('of a run that is over only what its image does not need goes', () => {
  const images = [image('ami-1', 'snap-1')];
  const plan = planSweep(
    found({ over: { ...builder, images, snapshots: ['snap-1', 'snap-2'] } }, { kept: new Set(['ami-1']) }),
    {},
  );
  expect(plan.runs).toEqual([{ run: 'over', left: { ...builder, snapshots: ['snap-2'] } }]);
});

test('one sweep removes what twenty runs left', () => {
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`run${at}`, builder]));
  expect(planSweep(found(many), {}).runs.map(({ run }) => run)).toEqual(Object.keys(many).slice(0, 20));
});
