import { runTag } from '../../../scripts/image/bake-run.ts';
import { makeImage } from '../../builders/image.ts';
import { makePipeline } from '../../builders/pipeline.ts';
import { makePlatform } from '../../builders/platform.ts';
import { recordTenant } from '../../builders/tenant.ts';
import { VirtualHost } from '../../scripts/release/virtual-host.ts';
import { ageing, ageingLists } from '../../scripts/wire.ts';
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

/** Of three revisions one is not needed any more: two were released, and the newest is to be. */
export const revisionPrune: Subject = {
  name: 'revision prune',
  async prepare({ account }) {
    const host = new VirtualHost(account, 'shop');
    await host.make();
    const pushed = [await host.push('one'), await host.push('two'), await host.push('three')];
    for (const revision of pushed.slice(0, 2)) await host.release(revision);
    return {
      words: ['revision', 'prune', '--tenant', 'shop', '--environment', 'dev', '--keep', '1', '--older-than', '0'],
      between: ageingLists(25 * 60),
    };
  },
};
