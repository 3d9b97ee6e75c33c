import { answered } from '../aws/answers.ts';
import { readPlatformFacts, readTenantRecord } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { keys, names, type Place } from '../config/names.ts';
import { type ExitCode, exitCodes, VendhostError } from '../errors.ts';
import { settleHealthCheck } from '../host/health/settle.ts';
import { duration } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { type Decision, decide, type ReleasedRevision } from './decision.ts';
import { readHookLimits } from './failure/hook-limits.ts';
import { type Followed, followRelease } from './follow.ts';
import { deployPast, onlyFormerFailed } from './past-failed-stop.ts';
import { checkHost, consoleUrl, type ReleasePipeline, readPipeline } from './pipeline.ts';
import { errorOf } from './release-outcome.ts';
import { readRevision, readState } from './release-state.ts';
import { executionRun } from './stop.ts';

export interface ReleaseOptions extends Place {
  /** Key of the revision in the bucket. */
  revision: string | undefined;
  /** When only scripts of the former revision fail, deploy once more past them. */
  ignoreStopFailures?: boolean;
  dryRun: boolean;
}

/**
 * Releases a revision to the virtual host and follows the release: starts the pipeline for exactly that object, prints the
 * life-cycle events as they happen, and ends with the execution's outcome. A health check that provisioning left to the release is
 * set then. Does nothing when the instances run the revision and the check is in force.
 */
export async function startRelease(runtime: Runtime, options: ReleaseOptions): Promise<ExitCode | undefined> {
  const { out, signal } = runtime;
  const start = performance.now();
  const key = revisionKey(options);
  const aws = openAws(runtime);
  // One after the other: the first fault is the one to fix first.
  const facts = await readPlatformFacts(aws, options.environment);
  const record = await readTenantRecord(aws, options);
  const pipeline = await readPipeline(aws, record.pipeline);
  await checkHost(aws, pipeline, options);
  const revision = await readRevision(aws, facts.bucket, key, signal);
  const decision = decide(pipeline.name, revision, await readState(aws, pipeline, signal));
  if (options.dryRun) return dryRun(runtime, pipeline, revision, decision);
  const settle = () => settleHealthCheck(runtime, aws, options, record);
  if (decision.kind === 'nothing') {
    await settle();
    const { executionId, deploymentId } = decision;
    const result = { executionId, deploymentId, status: 'unchanged', revisionKey: key, url: addressOf(record.hosts) };
    out.result(result, `nothing to release: ${pipeline.name} has ${key} since ${deploymentId}`);
    return undefined;
  }
  const executionId =
    decision.kind === 'follow' ? decision.executionId : await begin(aws, pipeline, revision, decision.token);
  out.step(`${decision.kind === 'follow' ? 'following' : 'started'} the execution ${executionId} of ${pipeline.name}`);
  out.detail(consoleUrl(pipeline));
  const targetGroup = names.targetGroup(options, record.port, record.loadBalancer);
  const host = { targetGroup, hookLimits: await readHookLimits(aws, facts.bucket, key) };
  let followed = await followRelease(runtime, aws, pipeline, host, executionRun(aws, pipeline, executionId, out));
  if (options.ignoreStopFailures === true && onlyFormerFailed(followed.snapshot)) {
    const past = await deployPast(aws, pipeline, followed.snapshot, out);
    out.step(`started the deployment ${past.id}, past the failures of the former revision's scripts`);
    followed = await followRelease(runtime, aws, pipeline, host, past);
  }
  if (followed.outcome.kind === 'succeeded') await settle();
  const ms = performance.now() - start;
  return report(
    runtime,
    { pipeline, place: options, needsApproval: record.approval ?? facts.approval, key, hosts: record.hosts, ms },
    followed,
  );
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
async function begin(aws: Aws, pipeline: ReleasePipeline, { key }: ReleasedRevision, token: string): Promise<string> {
  const { StartPipelineExecutionCommand } = await import('@aws-sdk/client-codepipeline');
  const { pipelineExecutionId } = await (await aws.codePipeline()).send(
    new StartPipelineExecutionCommand({
      name: pipeline.name,
      clientRequestToken: token,
      sourceRevisions: [{ actionName: pipeline.source, revisionType: 'S3_OBJECT_KEY', revisionValue: key }],
    }),
  );
  return answered(pipelineExecutionId, 'CodePipeline StartPipelineExecution', 'an id');
}

function dryRun(
  { out }: Runtime,
  pipeline: ReleasePipeline,
  { key }: ReleasedRevision,
  decision: Decision,
): ExitCode | undefined {
  const texts = {
    nothing: `nothing to release: ${pipeline.name} has ${key}`,
    follow: `would follow the execution of ${pipeline.name} in progress for ${key}`,
    start: `would release ${key} with ${pipeline.name}`,
  } as const;
  out.result({ status: decision.kind, revisionKey: key }, texts[decision.kind]);
  return decision.kind === 'nothing' ? undefined : exitCodes.differs;
}

interface Context {
  readonly pipeline: ReleasePipeline;
  readonly place: Place;
  readonly needsApproval: boolean;
  readonly key: string;
  readonly hosts: readonly string[];
  readonly ms: number;
}

function report({ out }: Runtime, context: Context, { snapshot, outcome }: Followed): ExitCode | undefined {
  const error = errorOf(context.pipeline, context, outcome, snapshot);
  if (error !== undefined) throw error;
  const { execution, deployment } = snapshot;
  const result = {
    executionId: execution.id,
    deploymentId: deployment?.id ?? '',
    status: outcome.kind,
    revisionKey: context.key,
    url: addressOf(context.hosts),
  };
  const instances = deployment?.targets.length ?? 0;
  const lines =
    outcome.kind === 'superseded'
      ? [
          `superseded: a newer release took over from ${context.key}`,
          `  execution ${execution.id} (${duration(context.ms)})`,
          '  next: nothing, the newer release has its own job',
        ]
      : [
          `released ${context.key}`,
          `  execution ${execution.id}, deployment ${result.deploymentId}, ${instances} instance${instances === 1 ? '' : 's'}, ${duration(context.ms)}`,
          `  next: see it at ${context.hosts.map((host) => `https://${host}`).join(', ')}`,
        ];
  out.result(result, lines.join('\n'));
  return outcome.kind === 'superseded' ? exitCodes.superseded : undefined;
}

/** Where to see the software: the first host that is not a wildcard. */
function addressOf(hosts: readonly string[]): string {
  const host = hosts.find((name) => !name.startsWith('*'));
  return host === undefined ? '' : `https://${host}`;
}
