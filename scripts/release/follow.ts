import { setTimeout as wait } from 'node:timers/promises';
import { nextWait } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import { duration } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { HookLimits } from './failure/hook-limits.ts';
import { adviceOf, checkWait, waitOf } from './failure/lost-instances.ts';
import { awaitedTargets, readTargetReasons } from './failure/target-health.ts';
import { activityOf, linesBetween } from './lifecycle-events.ts';
import type { ReleasePipeline } from './pipeline.ts';
import { type Outcome, releaseOutcome } from './release-outcome.ts';
import type { Snapshot } from './snapshot.ts';

/** Longest time a job follows one execution, below the hour after which GitLab would cancel it. The execution continues. */
const limitMs = 55 * 60_000;
/** Within this time a started execution becomes readable. */
const appearMs = 30_000;
/** After this much silence a line names what is waited for, and EC2 is asked about the instances. */
const silenceMs = 60_000;

/** The host as a release needs to know it. */
export interface FollowedHost {
  /** Name of its target group. */
  readonly targetGroup: string;
  /** How long the scripts of an event may take; empty if unknown. */
  readonly hookLimits: HookLimits;
}

/** A run in AWS that can be followed: an execution of the pipeline, or a deployment without one. */
export interface Run {
  /** Id of the execution or the deployment. */
  readonly id: string;
  /** `undefined` while AWS does not know it yet. */
  readonly read: () => Promise<Snapshot | undefined>;
  /** Stops it and waits for its end; `why` is for the log. */
  readonly stop: (why?: string) => Promise<void>;
}

export interface Followed {
  readonly snapshot: Snapshot;
  readonly outcome: Outcome;
}

/**
 * Prints what happens in a run until it has ended, or waits for an approval. When the command is cancelled, the run is stopped first.
 * Throws `TIMED_OUT` after 55 minutes, saying what it waited for; `INSTANCE_GONE` and `AGENT_SILENT`, once the run is stopped.
 */
export async function followRelease(
  runtime: Runtime,
  aws: Aws,
  pipeline: ReleasePipeline,
  host: FollowedHost,
  run: Run,
): Promise<Followed> {
  try {
    return await watch(runtime, aws, pipeline, host, run);
  } catch (error) {
    if (runtime.signal.aborted) await run.stop();
    // A run that can never end would block the next release.
    else if (isLost(error)) await run.stop(error.message);
    throw error;
  } finally {
    runtime.out.done(pipeline.name);
  }
}

async function watch(
  { out, signal }: Runtime,
  aws: Aws,
  pipeline: ReleasePipeline,
  host: FollowedHost,
  run: Run,
): Promise<Followed> {
  const start = Date.now();
  let last = start;
  let changed = start;
  let waitMs = aws.pace.shortest;
  let before: Snapshot | undefined;
  for (;;) {
    signal.throwIfAborted();
    const now = Date.now();
    const seen = (await run.read()) ?? notYet(pipeline, run.id, now - start);
    const snapshot = await withHealth(aws, host, before, seen);
    const lines = linesBetween(before, snapshot);
    for (const line of lines) out.step(line);
    out.doing(pipeline.name, { waitingFor: activityOf(snapshot) });
    const outcome = releaseOutcome(snapshot);
    if (outcome !== undefined) return { snapshot, outcome };
    if (now - start > limitMs) throw timedOut(snapshot, now - start);
    if (lines.length > 0) {
      last = now;
      changed = now;
    } else if (now - last >= silenceMs) {
      out.detail(`waiting for ${activityOf(snapshot)} (${duration(now - start)})`);
      last = now;
      const waiting = waitOf(snapshot);
      if (waiting !== undefined) {
        await checkWait(aws, pipeline, waiting, { quietMs: now - changed, limits: host.hookLimits });
        const advice = adviceOf(waiting, now - changed);
        if (advice !== undefined) out.detail(advice);
      }
    }
    waitMs = nextWait(waitMs, lines.length > 0, aws.pace);
    before = snapshot;
    await wait(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function isLost(error: unknown): error is VendhostError {
  return error instanceof VendhostError && ['INSTANCE_GONE', 'AGENT_SILENT'].includes(error.code);
}

/** Reasons are read while instances wait for the load balancer: a rollback changes them. */
async function withHealth(
  aws: Aws,
  { targetGroup }: FollowedHost,
  before: Snapshot | undefined,
  now: Snapshot,
): Promise<Snapshot> {
  const known = before?.health ?? {};
  const awaited = awaitedTargets(now, known);
  if (awaited.length === 0) return { ...now, health: known };
  const reasons = Object.entries(await readTargetReasons(aws, targetGroup));
  const health = { ...known, ...Object.fromEntries(reasons.filter(([instance]) => awaited.includes(instance))) };
  return { ...now, health };
}

/** A snapshot for an execution that CodePipeline has just started and does not list yet; throws `EXECUTION_GONE` after half a minute. */
function notYet({ name }: ReleasePipeline, id: string, ms: number): Snapshot {
  if (ms < appearMs) return { execution: { id, status: 'InProgress' }, actions: [] };
  throw new VendhostError('EXECUTION_GONE', `the pipeline ${name} has no execution ${id}`, {
    hint: 'the pipeline was recreated in the meantime: retry the job',
  });
}

function timedOut(snapshot: Snapshot, ms: number): VendhostError {
  return new VendhostError('TIMED_OUT', `waited ${duration(ms)} for ${activityOf(snapshot)}`, {
    hint: `the execution ${snapshot.execution.id} continues in AWS: retry the job to follow it`,
  });
}
