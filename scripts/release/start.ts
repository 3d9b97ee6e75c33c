import { withAudit } from '../audit/with-audit.ts';
import { answered } from '../aws/answers.ts';
import { readPlatformFacts, readTenantRecord } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import type { TenantRecord } from '../config/facts.ts';
import { commitVariable, keys, names, type Place } from '../config/names.ts';
import type { ReleaseRecord } from '../config/stored.ts';
import { type ExitCode, exitCodes, VendhostError } from '../errors.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import { settleHealthCheck } from '../host/health/settle.ts';
import { duration, type ResultValue } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { formerRejection } from './approval/former-rejection.ts';
import { waitingLines } from './approval/whom.ts';
import { type Decision, decide, type ReleasedRevision } from './decision.ts';
import { readHookLimits } from './failure/hook-limits.ts';
import { type Followed, followRelease } from './follow.ts';
import type { EndedRelease } from './gitlab/plan-shown.ts';
import { showInGitlab } from './gitlab/show-in-gitlab.ts';
import type { ReleaseStore } from './history/executions.ts';
import { type Promotion, recordImage, recordRelease } from './history/release-record.ts';
import { deployPast, onlyFormerFailed } from './past-failed-stop.ts';
import { checkHost, consoleUrl, type ReleasePipeline, readPipeline } from './pipeline.ts';
import { errorOf } from './release-outcome.ts';
import { readRevision, readState } from './release-state.ts';
import { auditedEnd, auditOf } from './rollback/audit.ts';
import { revisionOfCommit, rollbackOfOldPipeline } from './rollback/old-pipeline.ts';
import { operationWords, ownOperation } from './rollback/own-operation.ts';
import type { Rollback } from './rollback/plan-rollback.ts';
import { endWords, rollbackLines, softwareWords } from './rollback/rollback-words.ts';
import { executionRun } from './stop.ts';

export interface ReleaseOptions extends Place {
  /** Key of the revision in the bucket. */
  revision: string | undefined;
  /** When only scripts of the former revision fail, deploy once more past them. */
  ignoreStopFailures?: boolean;
  /** Of `release rollback`: what it takes back, and what it goes back to. */
  rollback?: Rollback;
  /** Of `release promote`: where the revision comes from. */
  promotion?: Promotion;
  /** Why, for the audit record of a rollback. */
  reason?: string | undefined;
  dryRun: boolean;
}

/** What a release came to, for the result of a command. */
export interface Released {
  readonly code: ExitCode | undefined;
  readonly value: ResultValue;
  readonly lines: readonly string[];
}

/**
 * Releases a revision to the virtual host and follows the release: starts the pipeline for exactly that object, prints the
 * life-cycle events as they happen, and ends with the execution's outcome. It does not wait for an approval: it ends with exit code 4,
 * and the same command, once more, follows the execution. A health check that provisioning left to the release is
 * set then. Does nothing when the instances run the revision and the check is in force. The job of an older pipeline that is run again
 * takes back what a newer one released, and says so.
 */
export async function startRelease(runtime: Runtime, options: ReleaseOptions): Promise<ExitCode | undefined> {
  // Before AWS is asked, where nothing is to be found there.
  if (options.revision || !runtime.env.CI_COMMIT_SHA) revisionKey(options);
  const { code, value, lines } = await release(runtime, openAws(runtime), options);
  runtime.out.result(value, lines.join('\n'));
  return code;
}

/** The same, for a command that has more to say. */
export async function release(runtime: Runtime, aws: Aws, options: ReleaseOptions): Promise<Released> {
  const { signal } = runtime;
  const start = performance.now();
  const place: Place = { tenant: options.tenant, environment: options.environment };
  // One after the other: the first fault is the one to fix first.
  const facts = await readPlatformFacts(aws, options.environment);
  const record = await readTenantRecord(aws, options);
  const pipeline = await readPipeline(aws, record.pipeline);
  await checkHost(aws, pipeline, options);
  const store = { tenant: options.tenant, bucket: facts.bucket, pipeline };
  const key = revisionKey({
    ...options,
    revision: options.revision || (await revisionOfCommit(aws, store, runtime.env)),
  });
  const revision = await readRevision(aws, facts.bucket, key, signal);
  const state = await readState(aws, pipeline, signal);
  const decision = decide(pipeline.name, revision, state);
  if (options.dryRun) return dryRun(pipeline, revision, decision);
  const settle = () => settleHealthCheck(runtime, aws, options, record);
  const url = addressOf(record.hosts);
  const show = (ended: Omit<EndedRelease, 'place'>) => showInGitlab(runtime, aws, { place, ...ended }, { store, url });
  if (decision.kind === 'nothing') {
    const { executionId, deploymentId } = decision;
    await Promise.all([settle(), recordImage(runtime, aws, { place, bucket: facts.bucket, executionId })]);
    await show({ outcome: 'unchanged', push: pushOf(runtime.env) });
    const value = { executionId, deploymentId, status: 'unchanged', revisionKey: key, url };
    return {
      code: undefined,
      value,
      lines: [`nothing to release: ${pipeline.name} has ${key} since ${deploymentId}`],
    };
  }
  if (options.rollback === undefined && options.promotion === undefined) {
    const own = await ownOperation(aws, store, state, runtime.env.CI_PIPELINE_URL);
    if (own !== undefined && own.revision !== key) return leftToOperation(own, record);
  }
  const common = { pipeline, place: options, needsApproval: record.approval ?? facts.approval, key, record };
  if (decision.kind === 'start') {
    const pipelineUrl = runtime.env.CI_PIPELINE_URL ?? '';
    const rejected = await formerRejection(aws, { store, revision, state, pipelineUrl });
    if (rejected !== undefined) {
      await show({ outcome: rejected.outcome.kind, push: pushOf(runtime.env) });
      return report(runtime, { ...common, rollback: undefined, ms: performance.now() - start }, rejected);
    }
  }
  const ofOldPipeline = async () => await rollbackOfOldPipeline(runtime, aws, store, { place, state, revision: key });
  const rollback = options.rollback ?? (options.promotion === undefined ? await ofOldPipeline() : undefined);
  const followed = await runExecution(runtime, aws, options, { store, record, decision, revision, rollback });
  const ended = rollback === undefined ? { push: pushOf(runtime.env) } : takenBackBy(rollback);
  if (followed.outcome.kind === 'succeeded') {
    await settle().catch(async (thrown: unknown) => {
      await show({ ...ended, outcome: 'failed' });
      throw thrown;
    });
  }
  await show({ ...ended, outcome: followed.outcome.kind });
  const ms = performance.now() - start;
  return report(runtime, { ...common, rollback, ms }, followed);
}

/** A rollback releases what an earlier push brought, and takes back what ran. */
function takenBackBy({ from, to }: Rollback): Pick<EndedRelease, 'push' | 'takesBack'> {
  return { push: to.push, takesBack: from?.push.commit ?? '' };
}

interface StartedExecution {
  readonly store: ReleaseStore;
  readonly record: TenantRecord;
  readonly decision: Exclude<Decision, { kind: 'nothing' }>;
  readonly revision: ReleasedRevision;
  readonly rollback: Rollback | undefined;
}

/** Starts the execution, unless it is there to be followed, and follows it to its end. */
async function runExecution(
  runtime: Runtime,
  aws: Aws,
  options: ReleaseOptions,
  { store, record, decision, revision, rollback }: StartedExecution,
): Promise<Followed> {
  const { out } = runtime;
  const { pipeline, bucket } = store;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  for (const line of rollback === undefined ? [] : rollbackLines(rollback)) out.step(line);
  const commit = (rollback?.to ?? options.promotion)?.push.commit ?? pushOf(runtime.env).commit;
  const executionId =
    decision.kind === 'follow'
      ? decision.executionId
      : await begin(aws, pipeline, { revision, commit }, decision.token);
  out.step(`${decision.kind === 'follow' ? 'following' : 'started'} the execution ${executionId} of ${pipeline.name}`);
  out.detail(consoleUrl(pipeline));
  // Of one that is followed, too: the job that started it may have been killed before it wrote the record.
  const started = { place, bucket, executionId, revision: revision.key, promotion: options.promotion };
  const [hookLimits] = await Promise.all([
    readHookLimits(aws, bucket, revision.key),
    recordRelease(runtime, aws, { ...started, rollback: rollback && { ...rollback, push: rollback.to.push } }),
  ]);
  const host = { targetGroup: names.targetGroup(options, record.port, record.loadBalancer), hookLimits };
  const toTheEnd = async () => {
    const followed = await followRelease(runtime, aws, pipeline, host, executionRun(aws, pipeline, executionId, out));
    if (options.ignoreStopFailures !== true || !onlyFormerFailed(followed.snapshot)) return followed;
    const past = await deployPast(aws, pipeline, followed.snapshot, out);
    out.step(`started the deployment ${past.id}, past the failures of the former revision's scripts`);
    return await followRelease(runtime, aws, pipeline, host, past);
  };
  if (rollback === undefined) return await toTheEnd();
  const action = auditOf(rollback, { place, bucket, executionId, reason: options.reason });
  return await withAudit(runtime, aws, action, toTheEnd, (followed) => auditedEnd(rollback, followed));
}

/** A tenant releases only revisions under its own prefix of the bucket. */
export function revisionKey({ tenant, revision }: ReleaseOptions): string {
  if (revision === undefined || revision === '') {
    throw new VendhostError('USAGE', 'the revision is missing', {
      hint: 'give --revision KEY or set VENDHOST_REVISION_KEY, as the job package does; `vendhost revision push` prints the key',
    });
  }
  const form = keys.revision(tenant, '<sha256>');
  const [before = '', after = ''] = form.split('<sha256>');
  const hash = revision.slice(before.length, revision.length - after.length);
  if (revision === `${before}${hash}${after}` && /^[0-9a-f]{64}$/.test(hash)) return revision;
  throw new VendhostError('USAGE', `"${revision}" is not a revision of ${tenant}: must be ${form}`, {
    hint: '`vendhost revision push` prints the key of a revision',
  });
}

/** Without the signal: after an aborted call nobody would know whether the execution started. */
async function begin(
  aws: Aws,
  pipeline: ReleasePipeline,
  { revision: { key }, commit }: { revision: ReleasedRevision; commit: string },
  token: string,
): Promise<string> {
  const { StartPipelineExecutionCommand } = await import('@aws-sdk/client-codepipeline');
  const { pipelineExecutionId } = await (await aws.codePipeline()).send(
    new StartPipelineExecutionCommand({
      name: pipeline.name,
      clientRequestToken: token,
      ...commitOf(pipeline, commit),
      sourceRevisions: [{ actionName: pipeline.source, revisionType: 'S3_OBJECT_KEY', revisionValue: key }],
    }),
  );
  return answered(pipelineExecutionId, 'CodePipeline StartPipelineExecution', 'an id');
}

/** CodePipeline refuses variables that a pipeline does not have, as those of older versions. */
function commitOf({ variables = [] }: ReleasePipeline, commit: string) {
  if (commit === '' || !variables.includes(commitVariable)) return {};
  return { variables: [{ name: commitVariable, value: commit }] };
}

function dryRun(pipeline: ReleasePipeline, { key }: ReleasedRevision, decision: Decision): Released {
  const texts = {
    nothing: `nothing to release: ${pipeline.name} has ${key}`,
    follow: `would follow the execution of ${pipeline.name} in progress for ${key}`,
    start: `would release ${key} with ${pipeline.name}`,
  } as const;
  return {
    code: decision.kind === 'nothing' ? undefined : exitCodes.differs,
    value: { status: decision.kind, revisionKey: key },
    lines: [texts[decision.kind]],
  };
}

/** The branch's own revision is for its next pipeline. */
function leftToOperation(own: ReleaseRecord, { hosts }: TenantRecord): Released {
  const { executionId, revision } = own;
  const value = { executionId, deploymentId: '', status: 'unchanged', revisionKey: revision, url: addressOf(hosts) };
  return { code: undefined, value, lines: [operationWords(own)] };
}

interface Context {
  readonly pipeline: ReleasePipeline;
  readonly place: Place;
  readonly needsApproval: boolean;
  readonly key: string;
  readonly record: TenantRecord;
  readonly rollback: Rollback | undefined;
  readonly ms: number;
}

function report({ env }: Runtime, context: Context, { snapshot, outcome }: Followed): Released {
  const error = errorOf(context.pipeline, context, outcome, snapshot);
  if (error !== undefined) throw error;
  const { execution, deployment } = snapshot;
  const { rollback } = context;
  const result = {
    executionId: execution.id,
    deploymentId: deployment?.id ?? '',
    status: outcome.kind,
    revisionKey: context.key,
    url: addressOf(context.record.hosts),
  };
  if (outcome.kind === 'waiting') {
    const waiting = waitingLines({ ...context, snapshot, gitlab: env.CI_SERVER_URL ?? '' });
    const lines = [`waiting: ${context.key} is not released yet`, ...waiting.map((line) => `  ${line}`)];
    return { code: exitCodes.waiting, value: result, lines };
  }
  const instances = deployment?.targets.length ?? 0;
  const lines =
    outcome.kind === 'superseded'
      ? [
          `superseded: a newer release took over from ${context.key}`,
          `  execution ${execution.id} (${duration(context.ms)})`,
          '  next: nothing, the newer release has its own job',
        ]
      : [
          rollback === undefined ? `released ${context.key}` : `rolled back to ${softwareWords(rollback.to)}`,
          `  execution ${execution.id}, deployment ${result.deploymentId}, ${instances} instance${instances === 1 ? '' : 's'}, ${duration(context.ms)}`,
          `  next: see it at ${context.record.hosts.map((host) => `https://${host}`).join(', ')}`,
          ...(rollback === undefined ? [] : endWords(rollback).map((line) => `  ${line}`)),
        ];
  return { code: outcome.kind === 'superseded' ? exitCodes.superseded : undefined, value: result, lines };
}

/** Where to see the software: the first host that is not a wildcard. */
function addressOf(hosts: readonly string[]): string {
  const host = hosts.find((name) => !name.startsWith('*'));
  return host === undefined ? '' : `https://${host}`;
}
