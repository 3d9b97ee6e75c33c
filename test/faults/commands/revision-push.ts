import { makePlatform } from '../../builders/platform.ts';
import { repository, soundTenant } from '../../builders/repository.ts';
import { recordTenant } from '../../builders/tenant.ts';
import type { Subject } from '../world.ts';

export const revisionPush: Subject = {
  name: 'revision push',
  async prepare({ account }) {
    await recordTenant(await makePlatform(account), 'shop');
    const directory = await repository(soundTenant);
    return { words: ['revision', 'push', '--tenant', 'shop', '--environment', 'dev', '--directory', directory] };
  },
};
