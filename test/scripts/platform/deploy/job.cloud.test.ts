import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { destroyPlatform } from '../../../../scripts/platform/destroy/destroy-platform.ts';
import { planPlatform } from '../../../../scripts/platform/plan/plan-platform.ts';
import { platformStatus } from '../../../../scripts/platform/status/platform-status.ts';
import { listChangeSets } from '../../../../scripts/stack/change-sets/left-over.ts';
import type { SavedPlan } from '../../../../scripts/stack/change-sets/plan-file.ts';
import { readAnyStack } from '../../../../scripts/stack/stack-state.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { type Meddler, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '710000000051';
const project = { project: 'platform/lanterns' };
let enforcing: EnforcingCloud;
let repository: PlatformRepository;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({}, project);
  await deployPlatform(enforcing.person(account).runtime(), { ...place(), dryRun: false });
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

const place = () => ({ directory: repository.directory, environment: 'dev' }) as const;
const plan = () => join(repository.directory, 'dev.plan.json');

/** A job of the platform's project on a branch. */
const job = (ref: string, variables: Readonly<Record<string, string>> = {}) =>
  enforcing.job({ projectPath: project.project, ref }, { CI_PIPELINE_ID: '12', ...variables });

// One story: each test stands on the one before.
test('a job of any branch may plan and ask for the status', async () => {
  expect(await planPlatform(await job('feature'), place())).toBeUndefined();
  expect(await platformStatus(await job('feature'), place())).toBeUndefined();
});

test('only the branch that deploys makes change sets', async () => {
  await repository.writePlatform({ dev: { approval: true, load_balancers: 2 } }, project);
  await expect(planPlatform(await job('feature'), { ...place(), save: plan() })).rejects.toMatchObject({
    code: 'ROLE_REFUSED',
    hint: expect.stringMatching(/^only jobs .* on its branch main may; .* --environment dev --layer access$/),
  });
});

test('its pipeline deploys what it planned, with the roles of the access stack', async () => {
  const planning = await job('main');
  expect(await planPlatform(planning, { ...place(), save: plan() })).toBeUndefined();
  expect(JSON.parse(planning.printed())).toMatchObject({ differs: true });
  const deploying = await job('main');
  await deployPlatform(deploying, { ...place(), plan: plan(), dryRun: false });
  expect(JSON.parse(deploying.printed())).toMatchObject({ changed: true });
  expect(await platformStatus(await job('main'), place())).toBeUndefined();
  expect(await planPlatform(await job('main'), place())).toBeUndefined();
});

test('the change sets of a plan that nobody deployed are gone when its file is', async () => {
  await repository.writePlatform({ dev: { approval: false, load_balancers: 3 } }, project);
  await planPlatform(await job('main', { CI_PIPELINE_ID: '20' }), { ...place(), save: plan() });
  await repository.writePlatform({ dev: { approval: false, load_balancers: 2 } }, project);
  await planPlatform(await job('main', { CI_PIPELINE_ID: '21' }), { ...place(), save: plan() });
  const saved = JSON.parse(await readFile(plan(), 'utf8')) as SavedPlan;
  const [changed] = saved.stacks.filter(({ changeSet }) => changeSet !== null);
  const waiting = async () => {
    const found = await listChangeSets(enforcing.person(account).aws, changed?.stack ?? '');
    const open = found.filter(({ ExecutionStatus }) => ExecutionStatus === 'AVAILABLE');
    return open.map(({ ChangeSetName = '' }) => ChangeSetName.replace(/-[0-9a-f]+$/, '')).sort();
  };
  expect(await waiting()).toEqual(['vendhost-20', 'vendhost-21']);
  const third = 'vendhost-dev-balancer-3';
  const { aws } = enforcing.person(account);
  expect(await readAnyStack(aws, third)).toMatchObject({ status: 'REVIEW_IN_PROGRESS' });
  const sixWeeksAgo = new Date(Date.now() - 42 * 24 * 60 * 60_000).toISOString();
  const ageing: Meddler = async (call, next) => {
    const answer = await next();
    if (call.operation !== 'ListChangeSets') return answer;
    const first = /(<ChangeSetName>vendhost-20-(?:(?!<\/member>)[\s\S])*<CreationTime>)[^<]*/g;
    return { ...answer, headers: {}, body: String(answer.body).replace(first, `$1${sixWeeksAgo}`) };
  };
  const AWS_ENDPOINT_URL = await wire(enforcing.cloud.endpoint, ageing);
  const later = await job('main', { CI_PIPELINE_ID: '22', AWS_ENDPOINT_URL });
  await planPlatform(later, { ...place(), save: plan() });
  expect(await waiting()).toEqual(['vendhost-21', 'vendhost-22']);
  expect(later.progress().join('\n')).toMatch(/: deleted the change set of an old plan, vendhost-20-/);
  expect(await readAnyStack(aws, third), 'the load balancer is in no platform.yml').toBeUndefined();
});

test('by hand, what the pipeline deployed is deployed and destroyed too', async () => {
  await repository.writePlatform({ dev: { approval: false, load_balancers: 2 } }, project);
  await deployPlatform(enforcing.person(account).runtime(), { ...place(), dryRun: false });
  const owner = enforcing.person(account).runtime();
  await destroyPlatform(owner, { ...place(), dryRun: false });
  expect(JSON.parse(owner.printed())).toMatchObject({ destroyed: true, providers: [{ account }] });
});
