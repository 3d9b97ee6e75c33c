import { leaveTraces } from '../../builders/bake-traces.ts';
import { makePlatform } from '../../builders/platform.ts';
import { repository, script } from '../../builders/repository.ts';
import { recordTenant } from '../../builders/tenant.ts';
import type { Subject, World } from '../world.ts';

const place = ['--tenant', 'shop', '--environment', 'dev'];

async function ready({ account }: World) {
  const platform = await makePlatform(account, { network: true });
  await recordTenant(platform, 'shop');
  return platform;
}

export const imageBake: Subject = {
  name: 'image bake',
  async prepare(world) {
    await ready(world);
    const directory = await repository({ 'infrastructure/install.sh': script });
    return { words: ['image', 'bake', ...place, '--directory', directory] };
  },
};

/** A bake that was killed left one of each thing. */
export const imageClean: Subject = {
  name: 'image clean',
  async prepare(world) {
    await leaveTraces(await ready(world), 'shop', 'dead0001');
    return { words: ['image', 'clean', ...place] };
  },
};
