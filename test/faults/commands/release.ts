import { provisionHost } from '../../../scripts/host/provision.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform } from '../../builders/platform.ts';
import { repository, soundTenant } from '../../builders/repository.ts';
import { admitTenant, recordTenant } from '../../builders/tenant.ts';
import type { Subject } from '../world.ts';
import { tenantRepository } from './tenant-repository.ts';

const place = { tenant: 'shop', environment: 'dev' } as const;
const options = ['--tenant', place.tenant, '--environment', place.environment];

export const revisionPush: Subject = {
  name: 'revision push',
  async prepare({ account }) {
    await recordTenant(await makePlatform(account), place.tenant);
    return { words: ['revision', 'push', ...options, '--directory', await repository(soundTenant)] };
  },
};

/** A virtual host with an instance, and a revision that is to be released for the first time. */
export const releaseStart: Subject = {
  name: 'release start',
  async prepare({ account }) {
    const platform = await makePlatform(account, { network: true, balancers: 1 });
    await admitTenant(platform, place.tenant);
    const image = await makeImage(platform, place.tenant, { agent: true });
    const directory = await tenantRepository();
    await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
    const runtime = platform.runtime();
    await pushRevision(runtime, { ...place, directory, dryRun: false });
    const { revisionKey } = JSON.parse(runtime.printed()) as { revisionKey: string };
    return { words: ['release', 'start', ...options, '--revision', revisionKey] };
  },
};
