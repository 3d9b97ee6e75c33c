import type { IIoHost, IoMessage, IoRequest, StackActivity, StackDeployProgress } from '@aws-cdk/toolkit-lib';
import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { awsCall, type CallFailure, type CallMetadata } from '../aws/call-log.ts';
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

/**
 * Prints what happens to each resource, as reported by the toolkit or by `followStack`; remembers what failed and which
 * stacks were unchanged.
 */
export class Progress implements IIoHost {
  readonly failures: Failure[] = [];
  /** ARNs of the stacks that needed no change. */
  readonly unchanged = new Set<string>();
  readonly #runtime: Runtime;
  readonly #waiting = new Map<string, ResourceEvent>();
  readonly #printed = new Map<string, string>();
  /** The last event of each resource of a stack. */
  readonly #last = new Map<string, Map<string, ResourceEvent>>();
  readonly #totals = new Map<string, number>();
  readonly #started = new Map<string, number>();
  readonly #ended = new Map<string, number>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async notify({ code, level, message, data }: IoMessage<unknown>): Promise<void> {
    // The only way to stop the toolkit: it awaits messages without a code between its polls of a stack. Messages with a
    // code also come from a timer, where an error thrown here would not be caught.
    if (code === undefined) this.#runtime.signal.throwIfAborted();
    if (code === 'CDK_TOOLKIT_I5502') this.event(resourceEvent((data as StackActivity).event));
    else if (code === 'CDK_TOOLKIT_I5100') this.#started.set((data as StackDeployProgress).stack.stackName, Date.now());
    else if (code === 'CDK_TOOLKIT_I5900') this.#deployed(data as { noOp?: boolean; stackArn?: string });
    else if (code === 'CDK_SDK_I0100') this.#called((data as SdkTrace).content[0]);
    else if (level === 'warn') this.#runtime.out.warn(message);
  }

  /** How many resources of a stack will change. */
  expect(stack: string, total: number): void {
    this.#totals.set(stack, total);
  }

  /** How long the toolkit worked on a stack it deployed, in seconds. */
  seconds(stack: string): number {
    return elapsedSeconds(this.#started.get(stack) ?? 0, this.#ended.get(stack) ?? 0);
  }

  /** Every question of the toolkit ("do you wish to deploy?") is answered with its default, which is yes. */
  async requestResponse<T>({ defaultResponse }: IoRequest<unknown, T>): Promise<T> {
    return defaultResponse;
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

  /** A call of the toolkit's own clients; its message and the rest of its data hold what was sent and answered. */
  #called(call: ToolkitCall | undefined): void {
    if (call?.commandName !== undefined) this.#runtime.out.call(awsCall(call, call.metadata, call.error));
  }

  #deployed({ noOp, stackArn }: { noOp?: boolean; stackArn?: string }): void {
    if (stackArn === undefined) return;
    if (noOp === true) this.unchanged.add(stackArn);
    this.#ended.set(stackName(stackArn), Date.now());
    this.#runtime.out.done(stackName(stackArn));
  }
}

interface SdkTrace {
  readonly content: readonly (ToolkitCall | undefined)[];
}

/** What the SDK logs of a call, as far as it may be shown (https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/logging-sdk-calls.html). */
interface ToolkitCall {
  readonly clientName?: string;
  readonly commandName?: string;
  readonly metadata?: NonNullable<CallMetadata>;
  readonly error?: CallFailure;
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
