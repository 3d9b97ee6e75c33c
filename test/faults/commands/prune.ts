import { runTag } from '../../../scripts/image/bake-run.ts';
import { makeImage } from '../../builders/image.ts';
import { makePipeline } from '../../builders/pipeline.ts';
import { makePlatform } from '../../builders/platform.ts';
import { recordTenant } from '../../builders/tenant.ts';
import { ageing } from '../../scripts/wire.ts';
import type { Subject } from '../world.ts';

/** Of three images, which no job has chosen lately, the newest stays. */
export const imagePrune: Subject = {
  name: 'image prune',
  async prepare({ account }) {
    const platform = await makePlatform(account, { network: true });
    await recordTenant(platform, 'shop');
    await makePipeline(platform, 'shop');
    for (const run of ['0000000a', '0000000b', '0000000c']) {
      await makeImage(platform, 'shop', { tags: { [runTag]: run } });
    }
    const place = ['--tenant', 'shop', '--environment', 'dev'];
    return {
      words: ['image', 'prune', ...place, '--keep', '1', '--older-than', '0'],
      between: ageing(25 * 60),
    };
  },
};
