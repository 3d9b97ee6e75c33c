import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SavedPlan } from '../../scripts/stack/change-sets/plan-file.ts';
import type { PipelineResult } from '../local-gitlab/run.ts';
import { changeByHand, executionOf, flowLogs, stacks } from './aws.ts';
import { devAccount, startWorld, type World } from './world.ts';

const stagingAccount = '222222222222';
const productionAccount = '333333333333';
const accounts = [devAccount, stagingAccount, productionAccount];
const config = 'platform.yml';
const pipelineFile = '.gitlab-ci.yml';

describe('the platform', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
    const { exitCode, all } = await world.operate(['platform', 'deploy', '--all']);
    expect(exitCode, String(all)).toBe(0);
  });
  afterAll(() => world?.stop());

  const read = (file: string) => readFile(join(world.owner.repository, file), 'utf8');
  const standing = () => Promise.all(accounts.map((account) => stacks(world, account)));

  test('a merge request is planned with roles that only read', async () => {
    const before = await standing();
    expect(before.flat().map(({ stack }) => stack)).toEqual(accounts.flatMap((_, at) => stacksOf(at)));
    const text = (await read(config))
      .replace('cidr: 10.10.0.0/16', 'cidr: 10.10.0.0/16\n    flow_logs: all')
      .replace('cidr: 10.30.0.0/16', 'cidr: 10.30.0.0/16\n    retention_days: {trail: 730, access: 180}');
    const pipeline = await world.owner.propose('log-more', { [config]: text }, 'Keep more logs');
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual([
      ['validate', 'success'],
      ['plan-dev', 'success'],
      ['plan-staging', 'success'],
      ['plan-production', 'success'],
      ['note', 'success'],
    ]);
    expect(exitCodes(result)).toEqual([0, 0, 0, 0, 0]);
    expect(logOf(result, 'plan-dev')).toMatch(/replacement: EC2::FlowLog \S+ is replaced by a new one/);
    expect(logOf(result, 'plan-dev')).toContain('TrafficType: ');
    expect(logOf(result, 'note')).toMatch(/dev: the platform: 1 stack changed[\s\S]*staging: the platform: no change/);
    expect(logOf(result, 'note')).toContain('no note in the merge request: VENDHOST_GITLAB_TOKEN is not set');
    expect(await fileOf(result, 'plan-dev', 'report.json')).toEqual({ create: 0, update: 1, delete: 0 });
    expect(await fileOf(result, 'plan-staging', 'report.json')).toEqual({ create: 0, update: 0, delete: 0 });
    expect(await fileOf(result, 'plan-production', 'report.json')).toEqual({
      create: 0,
      update: 2,
      delete: 0,
    });
    expect(await standing()).toEqual(before);
  });

  test('a pipeline of another branch gets no role that changes anything', async () => {
    const before = await standing();
    const pipeline = await world.owner.propose('sneak', { [pipelineFile]: sneaking }, 'Deploy from here');
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual([['sneak', 'failed']]);
    expect(logOf(result, 'sneak')).toContain('error[ROLE_REFUSED]');
    expect(await standing()).toEqual(before);
  });

  test('after the merge exactly what was prepared is deployed, production when somebody starts it', async () => {
    const pressed: string[] = [];
    const pipeline = await world.owner.merge('log-more', {
      manual: ['deploy-staging', 'deploy-production', 'vend-staging'],
      variables: [
        { key: 'CI_API_V4_URL', value: world.gitlab.api },
        { key: 'VENDHOST_GITLAB_TOKEN', value: world.gitlab.token, environment_scope: 'vendhost-platform/dev' },
      ],
      beforeJob: async (job) => {
        // Dev is deployed, production is not, until the job is started.
        if (job === 'deploy-production') pressed.push(...(await flowLogs(world, devAccount)).map(String));
      },
    });
    const result = await pipeline.result;
    const vended = statuses(result).filter(([job]) => job.startsWith('vend-'));
    // Jobs vend in dev; in staging people do: a warning, and the command for them.
    expect(Object.fromEntries(vended), logs(result)).toEqual({
      ...{ 'vend-dev': 'success', 'vend-staging': 'warning', 'vend-production': 'manual' },
    });
    expect(logOf(result, 'vend-dev')).toContain('dev: 1 of 1 vended: shop');
    expect(logOf(result, 'vend-staging')).toContain('vendhost tenant vend shop --environment staging');
    expect(
      statuses(result).filter(([job]) => !job.startsWith('vend-')),
      logs(result),
    ).toEqual([
      ['validate', 'success'],
      ['prepare-dev', 'success'],
      ['prepare-staging', 'success'],
      ['prepare-production', 'success'],
      ['deploy-dev', 'success'],
      ['deploy-staging', 'success'],
      ['deploy-production', 'success'],
    ]);
    expect(pressed).toEqual(['ALL']);
    for (const [environment, account, changed] of [
      ['dev', devAccount, ['vendhost-dev-network']],
      ['staging', stagingAccount, []],
      ['production', productionAccount, ['vendhost-production-storage']],
    ] as const) {
      const { stacks: planned } = await planOf(result, environment);
      const changeSets = planned.filter(({ changeSet }) => changeSet !== null);
      expect(changeSets.map(({ stack }) => stack).sort()).toEqual(changed);
      for (const { changeSet } of changeSets) {
        expect(await executionOf(world, account, changeSet ?? '')).toBe('EXECUTE_COMPLETE');
      }
    }
    const { exitCode, all } = await world.operate(['platform', 'plan', '--all']);
    expect(exitCode, String(all)).toBe(0);
  });

  test('a plan of a stack that somebody changed since is refused, and says what changed', async () => {
    const text = (await read(config)).replace('flow_logs: all', 'flow_logs: rejected');
    const image = '      image: $CI_REGISTRY/platform/vendhost\n';
    // The first include is the platform's.
    const devOnly = (await read(pipelineFile)).replace(image, `${image}      environments: dev\n`);
    await world.owner.write({ [config]: text, [pipelineFile]: devOnly }, 'Log less again');
    const pipeline = await world.owner.start({
      beforeJob: async (job) => {
        if (job !== 'deploy-dev') return;
        await changeByHand(world, devAccount, 'vendhost-dev-network', ({ Resources }) => {
          const vpcs = Object.values(Resources).filter(({ Type }) => Type === 'AWS::EC2::VPC');
          for (const { Properties } of vpcs) Properties.EnableDnsHostnames = false;
        });
      },
    });
    const result = await pipeline.result;
    const ran = statuses(result).filter(([job]) => job !== 'vend-dev');
    expect(ran, logs(result)).toEqual([
      ['validate', 'success'],
      ['prepare-dev', 'success'],
      ['deploy-dev', 'failed'],
    ]);
    const log = logOf(result, 'deploy-dev');
    expect(log).toContain('error[PLAN_STALE]');
    expect(log).toMatch(/vendhost-dev-network was updated \S+ \(planned from \S+\), it is UPDATE_COMPLETE/);
    expect(log).toMatch(/~ EC2::VPC /);
    expect(await flowLogs(world, devAccount)).toEqual(['ALL']);
  });
});

/** A pipeline that a developer writes who may push to branches, not to `main`. */
const sneaking = `
sneak:
  rules: [{ if: $CI_PIPELINE_SOURCE == "merge_request_event" }]
  id_tokens:
    VENDHOST_ID_TOKEN: { aud: $CI_SERVER_URL }
  script: [vendhost platform plan --environment dev --save plan.json]
`;

/** The stacks of the account of an environment, in the order of platform.yml. */
function stacksOf(at: number): string[] {
  const environment = ['dev', 'staging', 'production'][at];
  return [
    ...['access', 'balancer', 'network', 'policies', 'storage'].map((layer) => `vendhost-${environment}-${layer}`),
    // Where jobs vend.
    ...(environment === 'dev' ? ['vendhost-dev-vending'] : []),
    'vendhost-gitlab',
  ].sort();
}

function statuses(result: PipelineResult): [string, string][] {
  return result.jobs.map(({ name, status }) => [name, status]);
}

function exitCodes(result: PipelineResult): (number | undefined)[] {
  return result.jobs.map(({ exitCode }) => exitCode);
}

function logOf(result: PipelineResult, job: string): string {
  return result.jobs.find(({ name }) => name === job)?.log ?? '';
}

function logs(result: PipelineResult): string {
  return result.jobs.map(({ name, log }) => `── ${name}\n${log}`).join('\n');
}

/** A file that a job left, as GitLab takes its artifacts and reports. */
async function fileOf(result: PipelineResult, job: string, file: string): Promise<unknown> {
  return JSON.parse(await readFile(join(result.checkout, '.gitlab-ci-local/builds', job, file), 'utf8'));
}

async function planOf(result: PipelineResult, environment: string): Promise<SavedPlan> {
  return (await fileOf(result, `prepare-${environment}`, 'plan.json')) as SavedPlan;
}
