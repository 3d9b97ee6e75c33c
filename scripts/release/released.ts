import type { TenantRecord } from '../config/facts.ts';
import type { Place } from '../config/names.ts';
import type { ReleaseRecord } from '../config/stored.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { duration, type ResultValue } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { waitingLines } from './approval/whom.ts';
import type { Decision, ReleasedRevision } from './decision.ts';
import type { Followed } from './follow.ts';
import type { ReleasePipeline } from './pipeline.ts';
import { errorOf } from './release-outcome.ts';
import { operationWords } from './rollback/own-operation.ts';
import type { Rollback } from './rollback/plan-rollback.ts';
import { endWords, softwareWords } from './rollback/rollback-words.ts';

/** The result of a release, for the result of a command. */
export interface Released {
  readonly code: ExitCode | undefined;
  readonly value: ResultValue;
  readonly lines: readonly string[];
}

/** What a dry run would do. */
export function releasePreview(pipeline: ReleasePipeline, { key }: ReleasedRevision, decision: Decision): Released {
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

/** The branch's own revision is left to its next pipeline. */
export function leftToOperation(own: ReleaseRecord, { hosts }: TenantRecord): Released {
  const { executionId, revision } = own;
  const value = { executionId, deploymentId: '', status: 'unchanged', revisionKey: revision, url: addressOf(hosts) };
  return { code: undefined, value, lines: [operationWords(own)] };
}

interface ReleaseContext {
  readonly pipeline: ReleasePipeline;
  readonly place: Place;
  readonly needsApproval: boolean;
  readonly key: string;
  readonly record: TenantRecord;
  readonly rollback: Rollback | undefined;
  readonly ms: number;
}

/** The result of an execution; throws the error of one that did not deploy. */
export function releasedOf({ env }: Runtime, context: ReleaseContext, { snapshot, outcome }: Followed): Released {
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
export function addressOf(hosts: readonly string[]): string {
  const host = hosts.find((name) => !name.startsWith('*'));
  return host === undefined ? '' : `https://${host}`;
}
