import type { StackEvent } from '@aws-sdk/client-cloudformation';
import type { Doing } from '../output.ts';
import type { Runtime } from '../runtime.ts';

/** What happened to one resource; the part of CloudFormation's stack event we print. */
export interface ResourceEvent {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
  /** When it happened, in milliseconds. */
  readonly at: number;
}

/** A resource that could not be created, updated or deleted, and why. */
export type Failure = Pick<ResourceEvent, 'stack' | 'logicalId' | 'type'> & { readonly reason: string };

/** Prints what happens to each resource, as reported by `followStack`, and remembers what failed. */
export class Progress {
  readonly failures: Failure[] = [];
  readonly #runtime: Runtime;
  readonly #waiting = new Map<string, ResourceEvent>();
  readonly #printed = new Map<string, string>();
  /** The last event of each resource of a stack. */
  readonly #last = new Map<string, Map<string, ResourceEvent>>();
  readonly #totals = new Map<string, number>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** How many resources of a stack will change. */
  expect(stack: string, total: number): void {
    this.#totals.set(stack, total);
  }

  /** One poll brings many events, one after another in one turn of the event loop: of each resource only the last counts. */
  event(event: ResourceEvent): void {
    const key = `${event.stack} ${event.logicalId}`;
    if (event.status.endsWith('_FAILED')) {
      this.#runtime.out.detail(describeEvent(event));
      this.#lastOf(event.stack).set(event.logicalId, event);
      this.#printed.set(key, event.status);
      if (!isConsequence(event)) this.failures.push({ ...event, reason: event.reason ?? 'no reason given' });
      return;
    }
    const earlier = this.#waiting.get(key);
    if (earlier !== undefined && !isLater(event, earlier)) return;
    if (this.#waiting.size === 0) setImmediate(() => this.flush());
    // At the end: a stack begins before its resources and ends after them.
    this.#waiting.delete(key);
    this.#waiting.set(key, event);
  }

  /** Prints buffered events; call it after the last one. */
  flush(): void {
    for (const [key, event] of [...this.#waiting].sort(([, one], [, other]) => one.at - other.at)) {
      // CloudFormation reports "in progress" twice: when it starts, and when the resource has its physical id.
      if (this.#printed.get(key) !== event.status) this.#show(event);
      this.#printed.set(key, event.status);
    }
    this.#waiting.clear();
  }

  #show(event: ResourceEvent): void {
    const { stack, status } = event;
    const { out } = this.#runtime;
    const doing = stackDoing([...this.#lastOf(stack).set(event.logicalId, event).values()], this.#totals.get(stack));
    out.doing(stack, doing, [describeEvent(event)]);
    if (isStack(event) && !status.endsWith('_IN_PROGRESS'))
      out.done(stack, `${stack}: ${words[status] ?? status}, ${doing.done} resources`);
  }

  #lastOf(stack: string): Map<string, ResourceEvent> {
    const last = this.#last.get(stack) ?? new Map<string, ResourceEvent>();
    this.#last.set(stack, last);
    return last;
  }
}

/** How far a stack is, by the last event of each of its resources. */
export function stackDoing(last: readonly ResourceEvent[], total: number | undefined): Doing {
  const own = last.filter((event) => !isStack(event));
  const [first, ...others] = own.filter(({ status }) => status.endsWith('_IN_PROGRESS'));
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return {
    done: own.filter(({ status }) => status.endsWith('_COMPLETE')).length,
    total,
    waitingFor: first === undefined ? undefined : `${shortType(first)} ${first.logicalId}${more}`,
  };
}

/** `arn:…:stack/name/uuid` → `name`. */
export function stackName(stack: string): string {
  return stack.split('/')[1] ?? stack;
}

/** Between two times in milliseconds, to the tenth of a second. */
export function elapsedSeconds(from: number, to: number): number {
  return Math.round((to - from) / 100) / 10;
}

/** Events of the same time come in no order: then the end of an operation counts more than its start. */
function isLater(event: ResourceEvent, earlier: ResourceEvent): boolean {
  if (event.at !== earlier.at) return event.at > earlier.at;
  return !event.status.endsWith('_IN_PROGRESS');
}

/** `vendhost-dev-network: created EC2::VPC Vpc8378EB38`. */
function describeEvent({ stack, logicalId, type, status, reason }: ResourceEvent): string {
  const failed = status.endsWith('_FAILED') && reason !== undefined ? `: ${reason}` : '';
  return `${stack}: ${words[status] ?? status} ${shortType({ type })} ${logicalId}${failed}`;
}

function shortType({ type }: Pick<ResourceEvent, 'type'>): string {
  return type.replace(/^AWS::/, '');
}

/** Whether it is an event of the stack itself. */
function isStack({ stack, logicalId, type }: Pick<ResourceEvent, 'stack' | 'logicalId' | 'type'>): boolean {
  return type === 'AWS::CloudFormation::Stack' && logicalId === stack;
}

const words: Readonly<Record<string, string>> = {
  CREATE_IN_PROGRESS: 'creating',
  CREATE_COMPLETE: 'created',
  CREATE_FAILED: 'cannot create',
  UPDATE_IN_PROGRESS: 'updating',
  UPDATE_COMPLETE: 'updated',
  UPDATE_FAILED: 'cannot update',
  DELETE_IN_PROGRESS: 'deleting',
  DELETE_COMPLETE: 'deleted',
  DELETE_FAILED: 'cannot delete',
  DELETE_SKIPPED: 'keeping',
  ROLLBACK_IN_PROGRESS: 'rolling back',
  ROLLBACK_COMPLETE: 'rolled back',
  UPDATE_ROLLBACK_IN_PROGRESS: 'rolling back',
  UPDATE_ROLLBACK_COMPLETE: 'rolled back',
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: 'cleaning up',
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: 'cleaning up',
};

/** The parts of CloudFormation's event that are printed. */
export function resourceEvent(event: StackEvent): ResourceEvent {
  return {
    stack: event.StackName ?? '',
    logicalId: event.LogicalResourceId ?? '',
    type: event.ResourceType ?? '',
    status: event.ResourceStatus ?? '',
    reason: event.ResourceStatusReason,
    at: event.Timestamp?.getTime() ?? 0,
  };
}

/** Resources cancelled because another one failed, and the stack itself, do not name the cause. */
function isConsequence({ stack, logicalId, type, reason }: ResourceEvent): boolean {
  if (isStack({ stack, logicalId, type })) return true;
  return reason !== undefined && /^Resource (creation|update) cancelled/i.test(reason);
}
