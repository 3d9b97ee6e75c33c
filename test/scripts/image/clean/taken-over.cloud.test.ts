import { expect, test, vi } from 'vitest';
import { findTraces } from '../../../../scripts/image/clean/leftovers.ts';
import { applySweep, readSweep } from '../../../../scripts/image/clean/sweep.ts';
import { adopt } from '../../../../scripts/image/copy/copy-traces.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { leaveTraces } from '../../../builders/bake-traces.ts';
import { makePlatform } from '../../../builders/platform.ts';

vi.setConfig({ testTimeout: 120_000 });

test('what a living run has taken over since the sweep was planned is not removed', async () => {
  const platform = await makePlatform(cloudAccount('241000000022'), { network: true });
  const place = { tenant: 'shop', environment: platform.environment } as const;
  const owner = { place, bucket: platform.bucket };
  const { image, keyPair } = await leaveTraces(platform, 'shop', 'dead0001');
  const plan = await readSweep(platform.aws, owner, {});
  const snapshots = plan.runs.flatMap(({ left }) => left.snapshots);
  await adopt(platform.aws, 'a11ce001', [image, ...snapshots]);
  const { done, failed } = await applySweep(platform.runtime(), platform.aws, owner, plan);
  expect(failed).toEqual([]);
  expect(done).toContain(`key pair ${keyPair}`);
  const left = (await findTraces(platform.aws, place)).get('a11ce001');
  expect([left?.images.map(({ ImageId }) => ImageId), left?.snapshots]).toEqual([[image], snapshots]);
});
