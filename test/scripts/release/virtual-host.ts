import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
  PutApprovalResultCommand,
} from '@aws-sdk/client-codepipeline';
import type { Environment } from '../../../scripts/config/environment.ts';
import { names } from '../../../scripts/config/names.ts';
import { exitCodes, type VendhostError } from '../../../scripts/errors.ts';
import { rollBackRelease } from '../../../scripts/release/rollback/roll-back.ts';
import { startRelease } from '../../../scripts/release/start.ts';
import { pushRevision } from '../../../scripts/revision/push.ts';
import { type CloudAccount, cloudAccount } from '../../builders/account.ts';
import { Deployments } from '../../builders/deployments.ts';
import { makePipeline } from '../../builders/pipeline.ts';
import { makePlatform } from '../../builders/platform.ts';
import { type Recorder, recorder } from '../../builders/recorder.ts';
import { soundTenant, type Tree, writeTree } from '../../builders/repository.ts';
import { script } from '../../builders/revision.ts';
import { recordTenant } from '../../builders/tenant.ts';

export interface Released {
  code: number | undefined;
  result: Record<string, string> | undefined;
  error: VendhostError | undefined;
  progress: string[];
}

/** Hooks of a revision: event -> lines of its script. */
export type Hooks = Readonly<Record<string, readonly string[]>>;

/** A tenant's application, deployment group, pipeline and instances, made by API calls in an account of the file's own. */
export class VirtualHost {
  readonly place: { tenant: string; environment: Environment };
  readonly name: string;
  readonly deployments: Deployments;
  readonly #account: CloudAccount;

  /** @param account its number, where it is of the local cloud that the test files share */
  constructor(account: string | CloudAccount, tenant: string, environment: Environment = 'dev') {
    this.place = { tenant, environment };
    this.name = names.host(this.place);
    this.#account = typeof account === 'string' ? cloudAccount(account) : account;
    this.deployments = new Deployments(this.#account.endpoint, this.#account.account, this.name);
  }

  /** Environment of a command that works in the host's account. */
  get env(): Readonly<Record<string, string>> {
    return this.#account.env;
  }

  async make({ instances = 1, approval = false, rollback = false } = {}): Promise<void> {
    const platform = await makePlatform(this.#account, { environment: this.place.environment });
    await recordTenant(platform, this.place.tenant);
    await this.deployments.prepare();
    for (let count = 0; count < instances; count += 1) await this.deployments.launch(this.name);
    const events = ['DEPLOYMENT_FAILURE' as const];
    await this.deployments.group(this.name, {
      deploymentConfigName: 'CodeDeployDefault.OneAtATime',
      ...(rollback ? { autoRollbackConfiguration: { enabled: true, events } } : {}),
    });
    await makePipeline(platform, this.place.tenant, { roleArn: this.deployments.role, approval });
  }

  /** Pushes software with these hooks, by a command with these variables too; the revision's key. */
  async push(page: string, hooks: Hooks = {}, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'vendhost-test-'));
    await writeTree(directory, { ...soundTenant, ...software(page, hooks) });
    const runtime = recorder({ ...this.#account.env, ...env });
    await pushRevision(runtime, { ...this.place, directory, dryRun: false });
    return (JSON.parse(runtime.printed()) as { revisionKey: string }).revisionKey;
  }

  /** Runs `release start` within this process. */
  async release(
    revision: string,
    {
      dryRun = false,
      ignoreStopFailures = false,
      onProgress = (_text: string): void => undefined,
      job = {} as Readonly<Record<string, string>>,
    } = {},
  ): Promise<Released> {
    const runtime = recorder({ ...this.env, ...job }, { onProgress });
    const options = { ...this.place, revision: revision === '' ? undefined : revision, ignoreStopFailures, dryRun };
    return await this.ended(runtime, startRelease(runtime, options));
  }

  /** Runs `release rollback` within this process. */
  async rollBack(
    { to, dryRun = false }: { to?: string; dryRun?: boolean } = {},
    job: Readonly<Record<string, string>> = {},
  ): Promise<Released> {
    const runtime = recorder({ ...this.env, ...job });
    const options = { ...this.place, to, reason: 'wrong prices', keepImage: false, directory: '/nowhere', dryRun };
    return await this.ended(runtime, rollBackRelease(runtime, options));
  }

  /** How a command ended. */
  async ended(runtime: Recorder, command: Promise<number | undefined>): Promise<Released> {
    const ended = await command.then(
      (code) => ({ code, error: undefined }),
      (error: VendhostError) => ({ code: error.exitCode ?? exitCodes.failed, error }),
    );
    const result = runtime.printed() === '' ? undefined : (JSON.parse(runtime.printed()) as Record<string, string>);
    return { ...ended, result, progress: runtime.progress() };
  }

  /** Statuses of the executions, newest first. */
  async executions(): Promise<string[]> {
    const { pipelineExecutionSummaries = [] } = await (await this.#account.aws.codePipeline()).send(
      new ListPipelineExecutionsCommand({ pipelineName: this.name }),
    );
    return pipelineExecutionSummaries.map(({ status }) => status ?? '');
  }

  /** Waits until no execution is in progress. */
  async atRest(): Promise<void> {
    while ((await this.executions()).includes('InProgress')) await wait(50);
  }

  /** Waits until an execution requests its approval, and answers it. */
  async answer(executionId: string, status: 'Approved' | 'Rejected', summary: string): Promise<void> {
    for (;;) {
      const { stageStates = [] } = await (await this.#account.aws.codePipeline()).send(
        new GetPipelineStateCommand({ name: this.name }),
      );
      const stage = stageStates.find(({ stageName }) => stageName === 'Approve');
      const token = stage?.actionStates?.[0]?.latestExecution?.token;
      if (token !== undefined && stage?.latestExecution?.pipelineExecutionId === executionId) {
        const where = { pipelineName: this.name, stageName: 'Approve', actionName: 'Approve', token };
        await (await this.#account.aws.codePipeline()).send(
          new PutApprovalResultCommand({ ...where, result: { status, summary } }),
        );
        return;
      }
      await wait(50);
    }
  }
}

function software(page: string, hooks: Hooks): Tree {
  const events = Object.keys(hooks).flatMap((event) => [`  ${event}:`, `    - location: hooks/${event}.sh`]);
  const spec = [
    'version: 0.0',
    'os: linux',
    'files:',
    '  - {source: index.html, destination: /srv/site}',
    'file_exists_behavior: OVERWRITE',
    ...(events.length > 0 ? ['hooks:', ...events] : []),
  ];
  return {
    'software/appspec.yml': `${spec.join('\n')}\n`,
    'software/index.html': page,
    ...Object.fromEntries(
      Object.entries(hooks).map(([event, lines]) => [`software/hooks/${event}.sh`, script(...lines)]),
    ),
  };
}
