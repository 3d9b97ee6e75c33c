import { StopPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import { afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform } from '../../builders/platform.ts';
import { recorder } from '../../builders/recorder.ts';
import { recordTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { justAfter, type Meddler, refusing, wire } from '../wire.ts';
import { gate } from './gate.ts';
import { VirtualHost } from './virtual-host.ts';

const cloud = inject('localCloud');
const minutes = (count: number) => count * 60_000;

/** A release by the command, while somebody meddles between its calls. */
async function release(host: VirtualHost, revision: string, meddle: Meddler) {
  const words = ['release', 'start', '--tenant', host.place.tenant, '--environment', 'dev', '--revision', revision];
  return await vendhost(words, { env: { ...host.env, AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) } });
}

/** The pipeline that a tenant has from the day it is vended, as far as a release looks at it. */
const declared = {
  stages: [
    { actions: [{ name: 'Revision', actionTypeId: { category: 'Source', provider: 'S3' } }] },
    {
      actions: [
        {
          name: 'CodeDeploy',
          actionTypeId: { category: 'Deploy', provider: 'CodeDeploy' },
          configuration: { ApplicationName: 'vendhost-dev-barn', DeploymentGroupName: 'vendhost-dev-barn' },
        },
      ],
    },
  ],
};

test('without a virtual host a release is refused', async () => {
  const host = new VirtualHost('650000000011', 'barn');
  await recordTenant(await makePlatform(cloudAccount('650000000011')), 'barn');
  const revision = `software/barn/${'a'.repeat(64)}.zip`;
  const withoutPipeline = await release(host, revision, (_call, next) => next());
  expect([withoutPipeline.code, errorIn(withoutPipeline)]).toEqual([1, 'PIPELINE_CHANGED']);
  expect(withoutPipeline.stderr).toContain('no pipeline vendhost-dev-barn');
  const vended: Meddler = async (call, next) =>
    call.operation === 'GetPipeline' ? { status: 200, body: JSON.stringify({ pipeline: declared }) } : await next();
  const ended = await release(host, revision, vended);
  expect([ended.code, errorIn(ended)]).toEqual([1, 'HOST_MISSING']);
});

describe('a virtual host', () => {
  const host = new VirtualHost('650000000012', 'shed');
  const pipelines = () => openAws(recorder(host.env)).codePipeline();
  beforeAll(() => host.make());
  afterEach(() => {
    vi.useRealTimers();
  });

  test('whose pipeline somebody changed', async () => {
    const changed: Meddler = async (call, next) => {
      const answer = await next();
      if (call.operation !== 'GetPipeline') return answer;
      return { ...answer, headers: {}, body: String(answer.body).replaceAll('"S3"', '"CodeCommit"') };
    };
    const before = await host.executions();
    const ended = await release(host, await host.push('changed'), changed);
    expect([ended.code, errorIn(ended)]).toEqual([1, 'PIPELINE_CHANGED']);
    // The one that a new pipeline starts by itself may end meanwhile.
    expect(await host.executions()).toHaveLength(before.length);
  });

  test('an execution that does not report its revision yet is waited for', async () => {
    const revision = await host.push('settled');
    const next: Meddler = (_call, pass) => pass();
    expect((await release(host, revision, next)).code).toBe(0);
    let looks = 0;
    const undecided: Meddler = async (call, pass) => {
      const answer = await pass();
      if (call.operation !== 'ListPipelineExecutions') return answer;
      looks += 1;
      if (looks > 2) return answer;
      const { pipelineExecutionSummaries } = JSON.parse(String(answer.body));
      const [{ sourceRevisions: _unknown, ...newest }, ...others] = pipelineExecutionSummaries;
      const all = [{ ...newest, status: 'InProgress' }, ...others];
      return { ...answer, headers: {}, body: JSON.stringify({ pipelineExecutionSummaries: all }) };
    };
    const before = await host.executions();
    expect((await release(host, revision, undecided)).stdout).toMatch(/^nothing to release/);
    expect([looks, await host.executions()]).toEqual([3, before]);
  });

  test('whose execution somebody stopped', async () => {
    const { wait, open } = await gate();
    const stopped = justAfter('StartPipelineExecution', async ({ body }) => {
      const { name } = JSON.parse(body) as { name: string };
      const client = await pipelines();
      const id = await latest();
      await client.send(
        new StopPipelineExecutionCommand({ pipelineName: name, pipelineExecutionId: id, abandon: true, reason: 'no' }),
      );
      // Its deployment continues, and is waited for.
      open();
    });
    const ended = await release(host, await host.push('stopped', { AfterInstall: [wait] }), stopped);
    expect([ended.code, errorIn(ended)]).toEqual([1, 'RELEASE_STOPPED']);
  });

  /** The id of the newest execution. */
  async function latest(): Promise<string> {
    const { ListPipelineExecutionsCommand } = await import('@aws-sdk/client-codepipeline');
    const { pipelineExecutionSummaries = [] } = await (await pipelines()).send(
      new ListPipelineExecutionsCommand({ pipelineName: host.name }),
    );
    return pipelineExecutionSummaries[0]?.pipelineExecutionId ?? '';
  }

  /** Lets time pass with every call of this operation, or every one whose answer has this in it. */
  function passing(
    operation: string,
    ms: number,
    then: Meddler = (_call, next) => next(),
    seen: (body: string) => boolean = () => true,
  ): Meddler {
    vi.useFakeTimers({ toFake: ['Date'] });
    return async (call, next) => {
      const answer = await then(call, next);
      if (call.operation === operation && seen(String(answer.body))) vi.setSystemTime(Date.now() + ms);
      return answer;
    };
  }

  interface Targets {
    readonly deploymentTargets: {
      instanceTarget: { lifecycleEvents?: { lifecycleEventName: string; status: string }[] };
    }[];
  }

  /** Whether the endless hook has started. */
  function isInHook(body: string): boolean {
    const { deploymentTargets } = JSON.parse(body) as Targets;
    const events = deploymentTargets.flatMap(({ instanceTarget }) => instanceTarget.lifecycleEvents ?? []);
    return events.some(
      ({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}` === 'AfterInstall InProgress',
    );
  }

  test('whose execution CodePipeline does not know: after half a minute it is an error', async () => {
    const gone = refusing('GetPipelineExecution', 'PipelineExecutionNotFoundException');
    const revision = await host.push('gone');
    const ended = await release(host, revision, passing('GetPipelineExecution', 14_000, gone));
    expect([ended.code, errorIn(ended)]).toEqual([1, 'EXECUTION_GONE']);
  });

  test('whose release takes longer than a job may', async () => {
    const calls: string[] = [];
    const endless: Meddler = async (call, next) => {
      calls.push(call.operation);
      if (call.operation === 'GetPipelineExecution') await host.atRest();
      const answer = await next();
      if (call.operation !== 'GetPipelineExecution') return answer;
      const body = String(answer.body).replace(/"status": ?"\w+"/, '"status":"InProgress"');
      return { ...answer, headers: {}, body };
    };
    const revision = await host.push('endless');
    const ended = await release(host, revision, passing('GetPipelineExecution', minutes(10), endless));
    expect([ended.code, errorIn(ended)]).toEqual([1, 'TIMED_OUT']);
    expect(calls, 'it goes on without the job').not.toContain('StopPipelineExecution');
    expect(ended.stderr).toMatch(/waiting for the execution to enter its next stage \(\d+ min\)\n/);
  });

  /** A hook that does not end before its deployment is stopped. */
  const endless = { AfterInstall: ['until false; do sleep 0.1; done'] };

  test('whose instance is terminated while a hook runs on it: EC2 is queried after a minute', async () => {
    const calls: string[] = [];
    const terminated: Meddler = async (call, next) => {
      calls.push(call.operation);
      const answer = await next();
      if (call.operation !== 'DescribeInstances') return answer;
      return { ...answer, headers: {}, body: String(answer.body).replaceAll('<name>running<', '<name>terminated<') };
    };
    const revision = await host.push('lost', endless);
    const ended = await release(host, revision, passing('BatchGetDeploymentTargets', 20_000, terminated, isInHook));
    expect([ended.code, errorIn(ended)]).toEqual([1, 'INSTANCE_GONE']);
    expect(ended.stderr).toMatch(/error\[INSTANCE_GONE\]: i-\w+ is terminated: AfterInstall cannot end there/);
    expect(calls, 'the next release must not wait for it').toContain('StopDeployment');
  });

  test('whose agent never starts: the release stops after five minutes', async () => {
    const silent: Meddler = async (call, next) => {
      const answer = await next();
      if (call.operation !== 'BatchGetDeploymentTargets') return answer;
      const body = String(answer.body).replaceAll(/"status": ?"\w+"/g, '"status":"Pending"');
      return { ...answer, headers: {}, body };
    };
    const revision = await host.push('silent', endless);
    const ended = await release(host, revision, passing('BatchGetDeploymentTargets', minutes(1) + 1000, silent));
    expect([ended.code, errorIn(ended)]).toEqual([1, 'AGENT_SILENT']);
    expect(ended.stderr).toMatch(/no CodeDeploy agent has started for \d+ min( \d+ s)?: i-\w+\n/);
    expect(ended.stderr).toContain('vendhost host replace --instance ID');
  });
});
