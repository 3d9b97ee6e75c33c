import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Aws } from '../../../scripts/aws/session.ts';
import { bandOf } from '../../../scripts/listener/priority.ts';
import { claimPriority } from '../../../scripts/listener/priority-claim.ts';
import { endOf, type MemoryBucket, memoryBucket, type Writer } from '../../builders/memory-bucket.ts';
import { plannedFaults } from '../../builders/planned-faults.ts';
import { recorder } from '../../builders/recorder.ts';

beforeEach(() => {
  // The waits between rounds are random; here the scheduler says who comes first.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const runtime = recorder();

async function claim(aws: Aws, tenant: string): Promise<number> {
  const band = bandOf(`${tenant}.example.com`);
  const claimant = { bucket: 'claims', listenerArn: 'arn:listener/1', tenant, band, isOurs: () => false };
  return (await claimPriority(runtime, aws, claimant)).priority;
}

/** Number → tenant, by the claims; tenant → number, by the tenants' own records. */
function held(bucket: MemoryBucket) {
  const all = Object.entries(bucket.objects()).map(([key, text]) => [key, JSON.parse(text)] as const);
  const claims = all.filter(([key]) => /^claims\/listener\/1\/\d+\.json$/.test(key));
  const records = all.filter(([key]) => key.includes('/tenants/'));
  return {
    claims: claims.map(([key, { tenant }]) => [Number.parseInt(key.split('/').at(-1) ?? '', 10), tenant] as const),
    records: records.map(([, { tenant, priority }]) => [priority, tenant] as const),
  };
}

const byNumber = (pairs: readonly (readonly [number, string])[]) => [...pairs].sort(([a], [b]) => a - b);

test('whoever loses an answer, fails or is killed: no number has two tenants, and when all have run again, there is no gap', async () => {
  const model = fc.integer({ min: 2, max: 6 }).chain((tenants) =>
    fc.record({
      // Up to two jobs of each tenant.
      jobs: fc.array(fc.nat({ max: tenants - 1 }), { minLength: tenants, maxLength: tenants * 2 }).chain((more) => {
        const jobs = [...Array(tenants).keys(), ...more.slice(tenants)].map((index) => `tenant-${index}`);
        return fc.record({ names: fc.constant(jobs), faults: plannedFaults(jobs.length) });
      }),
      scheduler: fc.scheduler(),
    }),
  );
  await fc.assert(
    fc.asyncProperty(model, async ({ jobs: { names, faults }, scheduler }) => {
      const bucket = memoryBucket(() => scheduler.schedule(Promise.resolve()));
      const ends = names.map(async (tenant, index) => {
        const writer: Writer = bucket.writer((call) => faults[index]?.get(call));
        return await endOf(writer, claim(writer.aws, tenant));
      });
      const ended = await scheduler.waitFor(Promise.all(ends));
      const given = ended.flatMap((end, index) =>
        end !== 'killed' && 'done' in end ? [[end.done, names[index] ?? ''] as const] : [],
      );
      const owners = new Map(given);
      for (const [number, tenant] of given) expect(owners.get(number), `number ${number}`).toBe(tenant);

      const tenants = [...new Set(names)];
      const quiet = memoryRun(bucket, scheduler);
      const numbers: (readonly [number, string])[] = [];
      for (const tenant of tenants) numbers.push([await quiet(tenant), tenant]);
      expect(byNumber(held(bucket).claims)).toEqual(byNumber(numbers));
      expect(byNumber(held(bucket).records)).toEqual(byNumber(numbers));
      expect(byNumber(numbers).map(([number]) => number)).toEqual(tenants.map((_, index) => index + 1));
    }),
    { numRuns: 60, seed: 1 },
  );
});

function memoryRun(bucket: MemoryBucket, scheduler: fc.Scheduler): (tenant: string) => Promise<number> {
  return async (tenant) => await scheduler.waitFor(claim(bucket.writer().aws, tenant));
}

test('two hundred at once: two hundred numbers without a gap, with some ten calls each', async () => {
  // Each call waits for all others': whoever can meet does.
  const bucket = memoryBucket(() => new Promise((resolve) => setImmediate(resolve)));
  const writers = Array.from({ length: 200 }, () => bucket.writer());
  const numbers = await Promise.all(writers.map(({ aws }, index) => claim(aws, `tenant-${index}`)));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(writers.map((_, index) => index + 1));
  const calls = writers.reduce((sum, writer) => sum + writer.calls(), 0);
  expect(calls / writers.length).toBeLessThan(40);
});
