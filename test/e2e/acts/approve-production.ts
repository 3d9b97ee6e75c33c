import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { EndedPipeline, Stage } from '../../acceptance/stage.ts';
import { operate, pipeline } from '../../acceptance/steps.ts';
import { git, projectRoot } from '../../local-gitlab/platform.ts';
import { createRepository } from '../../local-gitlab/repository.ts';
import { ask } from '../ask.ts';
import { productionAccount, type World } from '../world.ts';

const host = 'shop.example.com';
/** As examples/platform says. */
const approvals = 'platform/approvals';
const jobs = ['validate', 'bake', 'provision', 'package', 'release'];

/** The shop goes to production: its own pipeline asks and ends, a pipeline of the approvals project shows and approves. */
export async function approveProduction(stage: Stage, world: World): Promise<void> {
  const { check } = stage;
  await operate(stage, 'vend production', [
    'tenant',
    'vend',
    'shop',
    '--environment',
    'production',
    '--protect-branches',
  ]);
  await git(world.repository, ['branch', '--force', 'master', 'dev']);
  const push = await pipeline(stage, 'production', jobs, async (watch) => {
    return (await world.pushAgain({ branch: 'master', ...watch })).result;
  });
  check(
    statusOf(push, 'release') === 'warning',
    'release ends and is not done: it waits for an approval, as a warning',
  );
  check(
    logOf(push, 'release').includes(`${approvals}/-/pipelines/new?ref=main`),
    'it says where the approval is given',
  );

  world.gitlab.state.addProject(approvals);
  const repository = join(world.directory, 'approvals');
  await cp(join(projectRoot, 'examples/approvals'), repository, { recursive: true });
  await createRepository(repository, {}, 'main');
  const answered = await pipeline(stage, 'approvals', ['waiting', 'approve'], async (watch) => {
    const started = await world.pushAgain({
      ...{ tenantRepository: repository, projectPath: approvals, defaultBranch: 'main', event: 'web', branch: 'main' },
      variables: [
        { key: 'AWS_REGION', value: 'eu-west-1', environment_scope: 'production/*' },
        { key: 'VENDHOST_ACCOUNT', value: productionAccount, environment_scope: 'production/*' },
      ],
      inputs: { tenant: 'shop', environment: 'production', reason: 'looks good in dev' },
      tokenSettings: () => ({ userLogin: 'grace' }),
      manual: ['approve'],
      ...watch,
    });
    return await started.result;
  });
  check(logOf(answered, 'approve').includes('approved: software/shop/'), 'what the first job showed is approved');

  const again = await pipeline(stage, 'production again', jobs, async (watch) => {
    return (await world.pushAgain({ branch: 'master', ...watch })).result;
  });
  check(statusOf(again, 'release') === 'success', 'release, once more, follows it to its end');
  const { status } = await ask(world.cloud.router.https, host);
  check(status === 200, `https://${host} answers ${status}`);
}

function statusOf({ jobs: all }: EndedPipeline, job: string): string | undefined {
  return all.find(({ name }) => name === job)?.status;
}

function logOf({ jobs: all }: EndedPipeline, job: string): string {
  return all.find(({ name }) => name === job)?.log ?? '';
}
