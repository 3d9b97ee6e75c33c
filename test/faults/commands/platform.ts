import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { planPlatform } from '../../../scripts/platform/plan/plan-platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import type { Subject, World } from '../world.ts';

const environment = 'dev' as const;

/** A platform repository whose environments are all in the world's account. */
async function repositoryOf({ account }: World): Promise<PlatformRepository> {
  const made = await platformRepository(account.account, { production: account.account });
  await made.certify(account.endpoint);
  return made;
}

/** The same, and `dev` is deployed. */
async function deployed(world: World): Promise<PlatformRepository> {
  const made = await repositoryOf(world);
  await deployPlatform(world.account.runtime(), { directory: made.directory, environment, dryRun: false });
  return made;
}

/** The same, and `platform.yml` has changes of two stacks that are not deployed. */
async function changed(world: World): Promise<PlatformRepository> {
  const made = await deployed(world);
  await made.writePlatform({ dev: { approval: true, flow_logs: 'all' } });
  return made;
}

const words = (verb: string, { directory }: PlatformRepository, ...more: string[]) => [
  ...['platform', verb, '--environment', environment, '--directory', directory],
  ...more,
];

export const platformDeploy: Subject = {
  name: 'platform deploy',
  prepare: async (world) => ({ words: words('deploy', await repositoryOf(world)) }),
};

export const platformPlan: Subject = {
  name: 'platform plan --save',
  prepare: async (world) => ({ words: words('plan', await changed(world), '--save', 'dev.plan.json') }),
};

export const platformDeployPlan: Subject = {
  name: 'platform deploy --plan',
  async prepare(world) {
    const made = await changed(world);
    const save = `${world.directory}/dev.plan.json`;
    await planPlatform(world.account.runtime(), { directory: made.directory, environment, save });
    return { words: words('deploy', made, '--plan', save) };
  },
};

export const platformDestroy: Subject = {
  name: 'platform destroy',
  prepare: async (world) => ({ words: words('destroy', await deployed(world)) }),
};
