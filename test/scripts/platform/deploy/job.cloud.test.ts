import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { destroyPlatform } from '../../../../scripts/platform/destroy/destroy-platform.ts';
import { planPlatform } from '../../../../scripts/platform/plan/plan-platform.ts';
import { platformStatus } from '../../../../scripts/platform/status/platform-status.ts';
import { type LocalCloud, placeEnvironment, startLocalCloud } from '../../../local-cloud/start.ts';
import { createIssuer, type IdTokenIssuer } from '../../../local-gitlab/tokens.ts';
import { recorder } from '../../recorder.ts';
import { type PlatformRepository, platformRepository } from '../repository.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const account = '710000000051';
const project = { project: 'platform/lanterns' };
// A cloud of its own: this one enforces IAM and checks the signatures of ID tokens.
let cloud: LocalCloud;
let issuer: IdTokenIssuer;
let repository: PlatformRepository;

beforeAll(async () => {
  repository = await platformRepository(account);
  issuer = await createIssuer({ issuer: 'https://gitlab.example.test', directory: `${repository.directory}/issuer` });
  cloud = await startLocalCloud({ auth: true, jwksFile: issuer.jwksFile, say: () => undefined });
  await repository.certify(cloud.endpoint);
  await repository.writePlatform({}, project);
  await deployPlatform(recorder(cloud.env(account)), { ...place(), dryRun: false });
});
afterAll(async () => {
  await cloud?.stop();
  await repository.remove();
});

const place = () => ({ directory: repository.directory, environment: 'dev' }) as const;
const plan = () => join(repository.directory, 'dev.plan.json');

/** A job of the platform's project on a branch. */
async function job(ref: string) {
  return recorder({
    ...placeEnvironment(cloud),
    CI_PIPELINE_ID: '12',
    VENDHOST_ID_TOKEN: await issuer.mint({ projectPath: project.project, ref }, { audience: issuer.issuer }),
  });
}

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

test('by hand, what the pipeline deployed is deployed and destroyed too', async () => {
  await repository.writePlatform({ dev: { approval: false, load_balancers: 2 } }, project);
  await deployPlatform(recorder(cloud.env(account)), { ...place(), dryRun: false });
  const owner = recorder(cloud.env(account));
  await destroyPlatform(owner, { ...place(), dryRun: false });
  expect(JSON.parse(owner.printed())).toMatchObject({ destroyed: true, providers: [{ account }] });
});
