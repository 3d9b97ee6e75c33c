import { withAudit } from '../audit/with-audit.ts';
import { answered } from '../aws/answers.ts';
import type { Aws } from '../aws/session.ts';
import type { TenantRecord } from '../config/facts.ts';
import { commitVariable, names, type Place } from '../config/names.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import type { Runtime } from '../runtime.ts';
import type { Decision, ReleasedRevision } from './decision.ts';
import { readHookLimits } from './failure/hook-limits.ts';
import { type Followed, followRelease } from './follow.ts';
import type { ReleaseStore } from './history/executions.ts';
import { type Promotion, recordRelease } from './history/release-record.ts';
import { deployPast, onlyFormerFailed } from './past-failed-stop.ts';
import { consoleUrl, type ReleasePipeline } from './pipeline.ts';
import { auditedEnd, auditOf } from './rollback/audit.ts';
import type { Rollback } from './rollback/plan-rollback.ts';
import { rollbackLines } from './rollback/rollback-words.ts';
import { executionRun } from './stop.ts';

export interface ReleaseOptions extends Place {
  /** Key of the revision in the bucket. */
  revision: string | undefined;
  /** When only scripts of the former revision fail, deploy once more past them. */
  ignoreStopFailures?: boolean;
  /** For `release rollback`: what it rolls back, and its target. */
  rollback?: Rollback;
  /** For `release promote`: where the revision comes from. */
  promotion?: Promotion;
  /** Why, for the audit record of a rollback. */
  reason?: string | undefined;
  dryRun: boolean;
}

export interface StartedExecution {
  readonly store: ReleaseStore;
  readonly record: TenantRecord;
  readonly decision: Exclude<Decision, { kind: 'nothing' }>;
  readonly revision: ReleasedRevision;
  readonly rollback: Rollback | undefined;
}

/** Starts the execution, unless it exists and can be followed, and follows it to its end. */
export async function runExecution(
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
  // Also for a followed execution: the job that started it may have been killed before it wrote the record.
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
