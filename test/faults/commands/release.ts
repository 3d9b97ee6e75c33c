import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository, soundTenant } from '../../builders/repository.ts';
import { admitTenant, recordTenant } from '../../builders/tenant.ts';
import type { Subject, World } from '../world.ts';
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

/** A virtual host with an instance; its platform, and the folder of its tenant. `admitted` acts before there are instances. */
export async function provisioned(
  { account }: World,
  admitted: (platform: Platform) => Promise<void> = async () => undefined,
): Promise<{ platform: Platform; directory: string }> {
  const platform = await makePlatform(account, { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  await admitted(platform);
  const image = await makeImage(platform, place.tenant, { agent: true });
  const directory = await tenantRepository();
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
  return { platform, directory };
}

export async function pushed(platform: Platform, directory: string): Promise<string> {
  const runtime = platform.runtime();
  await pushRevision(runtime, { ...place, directory, dryRun: false });
  return (JSON.parse(runtime.printed()) as { revisionKey: string }).revisionKey;
}

/** A revision that is to be released for the first time. */
export const releaseStart: Subject = {
  name: 'release start',
  async prepare(world) {
    const { platform, directory } = await provisioned(world);
    return { words: ['release', 'start', ...options, '--revision', await pushed(platform, directory)] };
  },
};

/** Back from the second release to the first; a job that is run again has the pipeline of the one before. */
export const releaseRollback: Subject = {
  name: 'release rollback',
  async prepare(world) {
    const { platform, directory } = await provisioned(world);
    for (const page of ['one', 'two']) {
      await writeFile(join(directory, 'software/index.html'), page);
      const revision = await pushed(platform, directory);
      await startRelease(platform.runtime(), { ...place, revision, dryRun: false });
    }
    return {
      words: ['release', 'rollback', ...options, '--directory', directory, '--reason', 'wrong prices'],
      env: { CI_PIPELINE_URL: 'https://gitlab.example.test/acme/shop/-/pipelines/9' },
    };
  },
};
