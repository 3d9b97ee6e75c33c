import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Lease, takeLease } from '../../../../scripts/image/bake/lease.ts';
import { endOf, memoryBucket } from '../../../builders/memory-bucket.ts';
import { plannedFaults } from '../../../builders/planned-faults.ts';

const key = 'claims/bakes/shop/key.json';
const minute = 60_000;

test('whoever loses an answer, fails or is killed: a lease that is renewed has one holder, and a dead one is free after five minutes', async () => {
  // Nothing renews but the model.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const model = fc.record({ faults: plannedFaults(3), scheduler: fc.scheduler() });
  await fc.assert(
    fc.asyncProperty(model, async ({ faults, scheduler }) => {
      let now = 0;
      const bucket = memoryBucket(
        () => scheduler.schedule(Promise.resolve()),
        () => now,
      );
      const holding = new Set<number>();
      const jobs = [0, 1, 2].map(async (run) => {
        const writer = bucket.writer((call) => faults[run]?.get(call));
        const work = async () => {
          const taken = await takeLease(
            { aws: writer.aws, bucket: 'bucket', key },
            { run: `${run}`, job: `job ${run}` },
          );
          if (!(taken instanceof Lease)) return;
          holding.add(run);
          expect([...holding], 'holders at one time').toEqual([run]);
          for (let renewal = 0; renewal < 2; renewal += 1) await taken.renew().catch(() => undefined);
          expect(taken.taker).toBeUndefined();
          holding.delete(run);
          await taken.release();
        };
        const end = await endOf(writer, work());
        // The others see the lease of a dead run, and those minutes are not over yet.
        if (end !== 'killed') holding.delete(run);
        return end;
      });
      const ends = await scheduler.waitFor(Promise.all(jobs));
      for (const end of ends)
        if (end !== 'killed' && 'failed' in end) expect(end.failed).not.toHaveProperty('matcherResult');

      const place = { aws: bucket.writer().aws, bucket: 'bucket', key };
      const next = async () => await scheduler.waitFor(takeLease(place, { run: 'next', job: 'the next job' }));
      const dead = key in bucket.objects();
      now += 5 * minute;
      if (dead) expect(await next()).not.toBeInstanceOf(Lease);
      now += 1000;
      expect(await next()).toBeInstanceOf(Lease);
    }),
    { numRuns: 40, seed: 1 },
  );
});
