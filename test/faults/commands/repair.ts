import { AddRoleToInstanceProfileCommand } from '@aws-sdk/client-iam';
import { names } from '../../../scripts/config/names.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import type { Subject } from '../world.ts';
import { provisioned, pushed } from './release.ts';

const place = { tenant: 'shop', environment: 'dev' } as const;
const options = ['--tenant', place.tenant, '--environment', place.environment];

/** The software that runs is deployed again; who asks once more, after the end of that, gets it once more. */
export const hostRestart: Subject = {
  name: 'host restart',
  async prepare(world) {
    const { platform, directory } = await provisioned(world);
    const revision = await pushed(platform, directory);
    await startRelease(platform.runtime(), { ...place, revision, dryRun: false });
    return { words: ['host', 'restart', ...options], repeats: ['deployment'] };
  },
};

export const hostRun: Subject = {
  name: 'host run',
  async prepare(world) {
    const RoleName = names.tenantRole(place, 'instance');
    await provisioned(world, async ({ aws }) => {
      const profile = new AddRoleToInstanceProfileCommand({ InstanceProfileName: RoleName, RoleName });
      await (await aws.iam()).send(profile);
    });
    return { words: ['host', 'run', ...options, '--', 'touch', '/opt/ran'] };
  },
};
