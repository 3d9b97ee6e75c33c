import { setTimeout as wait } from 'node:timers/promises';
import { atMost } from '../../aws/at-most.ts';
import { nextWait } from '../../aws/poll.ts';
import { refusalOf } from '../../aws/refusal.ts';
import type { Aws } from '../../aws/session.ts';
import { messageOf } from '../../errors.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import type { FoundStack } from './find-stacks.ts';
import { notDetectable } from './stack-statuses.ts';

/** How the detection of a stack's drift ended. */
export type Detection =
  | {
      readonly kind: 'ended';
      /** `DETECTION_FAILED`: of some resources; what was found out about the others is there. */
      readonly isComplete: boolean;
      readonly reason: string | undefined;
      /** By AWS's clock. */
      readonly startedAt: Date;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface DetectionOptions<T> {
  readonly stacks: readonly FoundStack[];
  /** Called for each stack as soon as its detection has ended. */
  readonly then: (stack: FoundStack, detection: Detection) => Promise<T>;
  /** For each detection since it was to start, in milliseconds; AWS says that one takes up to several minutes. */
  readonly limitMs?: number;
  /** How many detections run at the same time. */
  readonly atOnce?: number;
}

/**
 * AWS names no limit, but a detection reads every resource with the API of its service, which throttles the account: then it fails for those
 * resources with `Rate exceeded` (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/801).
 */
const detectionsAtOnce = 200;

/** AWS names no limit for these calls, and the SDK waits when it is throttled; more at once are throttled sooner. */
const callsAtOnce = 20;
/** However many detections run, they are looked at no more often than ten times a second together. */
const perDetectionMs = 100;

/** A stack whose detection has not ended. */
interface Open {
  readonly stack: FoundStack;
  id?: string;
  /** Why there is no id yet. */
  why: string;
  waitMs: number;
  dueAt: number;
  /** When it was its turn. */
  readonly since: number;
}

/**
 * Starts the detection of every stack, so many at once, and follows them all until each has ended. There is no call that reads several
 * detections, so each is asked for when it is due: the waits grow while it runs, and with the number of those that run, until
 * the first has ended.
 * One that somebody else started gives no id; ours begins when that one has ended.
 */
export async function detectDrift<T>(
  runtime: Runtime,
  aws: Aws,
  { stacks, then, limitMs = 20 * 60_000, atOnce = detectionsAtOnce }: DetectionOptions<T>,
): Promise<T[]> {
  const { shortest } = aws.pace;
  const ends: Promise<T>[] = [];
  const end = (stack: FoundStack, detection: Detection) => {
    const ended = then(stack, detection);
    // Its error is thrown at the end; until then others may still be looked at.
    ended.catch(() => undefined);
    ends.push(ended);
  };
  let open: Open[] = [];
  let wokenAt = 0;
  const left: FoundStack[] = [];
  for (const stack of stacks) {
    const reason = notDetectable(stack.status);
    if (reason !== undefined) end(stack, { kind: 'unknown', reason });
    else left.push(stack);
  }
  while (open.length + left.length > 0) {
    runtime.signal.throwIfAborted();
    const since = Date.now();
    const turns = left.splice(0, atOnce - open.length);
    open = [...open, ...turns.map((stack): Open => ({ stack, why: '', waitMs: shortest, dueAt: 0, since }))];
    const due = open.filter(({ dueAt }) => dueAt <= Date.now());
    const spreadMs = open.length * perDetectionMs;
    let hasEnded = false;
    await atMost(callsAtOnce, [...due.entries()], async ([index, each]) => {
      const isNew = each.id === undefined;
      const ended = isNew ? await start(runtime, aws, each) : await look(runtime, aws, each);
      if (ended !== undefined) {
        open = open.filter((other) => other !== each);
        hasEnded ||= ended.kind === 'ended';
        end(each.stack, ended);
        return;
      }
      each.waitMs = nextWait(each.waitMs, isNew && each.id !== undefined, aws.pace);
      // Those that were looked at together are looked at one after the other next time.
      each.dueAt = Date.now() + Math.max(each.waitMs, (spreadMs * (index + 1)) / due.length);
    });
    // Most detections take about the same time: when one has ended, the others are looked at.
    if (hasEnded && Date.now() - wokenAt > spreadMs / 2) {
      wokenAt = Date.now();
      for (const each of open) if (each.id !== undefined) each.dueAt = 0;
    }
    const isTooLate = (each: Open) => Math.max(Date.now(), each.dueAt) - each.since > limitMs;
    const late = open.filter(isTooLate);
    for (const each of late) end(each.stack, { kind: 'unknown', reason: tooLate(each, limitMs) });
    open = open.filter((each) => !late.includes(each));
    if (open.length === 0 || (left.length > 0 && open.length < atOnce)) continue;
    const waitMs = Math.max(0, Math.min(...open.map(({ dueAt }) => dueAt)) - Date.now());
    await wait(waitMs, undefined, { signal: runtime.signal }).catch(() => runtime.signal.throwIfAborted());
  }
  return await Promise.all(ends);
}

function tooLate({ why }: Open, limitMs: number): string {
  const what = why === '' ? 'its detection to end' : `its detection to start: ${why}`;
  return `waited ${duration(limitMs)} for ${what}`;
}

async function start(runtime: Runtime, aws: Aws, each: Open): Promise<Detection | undefined> {
  const { DetectStackDriftCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  try {
    const { StackDriftDetectionId } = await client.send(new DetectStackDriftCommand({ StackName: each.stack.id }));
    each.id = StackDriftDetectionId ?? '';
    each.why = '';
    return undefined;
  } catch (thrown) {
    if (isRunning(thrown)) {
      if (each.why === '') runtime.out.step(`${each.stack.name}: a detection runs already: waiting for its end`);
      each.why = 'another one runs';
      return undefined;
    }
    return refused(runtime, each, thrown);
  }
}

async function look(runtime: Runtime, aws: Aws, each: Open): Promise<Detection | undefined> {
  const { DescribeStackDriftDetectionStatusCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  try {
    const command = new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId: each.id });
    const { DetectionStatus, DetectionStatusReason, Timestamp } = await client.send(command);
    if (DetectionStatus === 'DETECTION_IN_PROGRESS') return undefined;
    return {
      kind: 'ended',
      isComplete: DetectionStatus === 'DETECTION_COMPLETE',
      reason: DetectionStatusReason,
      startedAt: Timestamp ?? new Date(0),
    };
  } catch (thrown) {
    return refused(runtime, each, thrown);
  }
}

/** What AWS refuses for one stack says nothing of the others; when it is throttled beyond the SDK's patience, it is asked later. */
function refused(runtime: Runtime, each: Open, thrown: unknown): Detection | undefined {
  if (isThrottled(thrown)) {
    each.why = 'AWS throttles the account';
    return undefined;
  }
  if (thrown instanceof Error && thrown.name === 'ValidationError') {
    return { kind: 'unknown', reason: `CloudFormation refuses: ${messageOf(thrown)}` };
  }
  runtime.signal.throwIfAborted();
  const error = refusalOf(thrown, runtime);
  if (error === undefined) throw thrown;
  return { kind: 'unknown', reason: error.message };
}

/** CloudFormation has no code of its own for it. */
function isRunning(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    thrown.name === 'ValidationError' &&
    /drift detection is already in progress/i.test(thrown.message)
  );
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html */
export function isThrottled(thrown: unknown): boolean {
  const codes = ['Throttling', 'ThrottlingException', 'TooManyRequestsException', 'RequestLimitExceeded'];
  return thrown instanceof Error && codes.includes(thrown.name);
}
