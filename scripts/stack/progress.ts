import type { IIoHost, IoMessage, IoRequest, StackActivity } from '@aws-cdk/toolkit-lib';
import type { Runtime } from '../runtime.ts';

/** What the toolkit tells about one resource; the part of CloudFormation's stack event we print. */
export interface ResourceEvent {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
  /** When it happened, in milliseconds. */
  readonly at: number;
}

/** A resource that could not be made, changed or removed, and why. */
export type Failure = Pick<ResourceEvent, 'stack' | 'logicalId' | 'type'> & { readonly reason: string };

/** Follows the toolkit: prints what happens to each resource, remembers what failed and which stacks changed nothing. */
export class Progress implements IIoHost {
  readonly failures: Failure[] = [];
  /** ARNs of the stacks that were as they should be already. */
  readonly unchanged = new Set<string>();
  readonly #runtime: Runtime;
  readonly #waiting = new Map<string, ResourceEvent>();
  readonly #printed = new Map<string, string>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async notify({ code, level, message, data }: IoMessage<unknown>): Promise<void> {
    // The toolkit has no other way to be stopped: it awaits a message without code between its polls of a stack. Those
    // with a code also come from a timer of its own, where nobody catches what is thrown here.
    if (code === undefined) this.#runtime.signal.throwIfAborted();
    if (code === 'CDK_TOOLKIT_I5502') this.#resource(eventOf(data as StackActivity));
    else if (code === 'CDK_TOOLKIT_I5900') this.#deployed(data as { noOp?: boolean; stackArn?: string });
    else if (level === 'warn') this.#runtime.out.warn(message);
  }

  /** Every question of the toolkit ("do you wish to deploy?") is answered with its default, which is yes. */
  async requestResponse<T>({ defaultResponse }: IoRequest<unknown, T>): Promise<T> {
    return defaultResponse;
  }

  /** Prints what is waiting; call it when nothing more will come. */
  flush(): void {
    for (const [key, event] of this.#waiting) {
      // CloudFormation reports "in progress" twice: when it starts, and when the resource has its physical id.
      if (this.#printed.get(key) !== event.status) this.#runtime.out.detail(describeEvent(event));
      this.#printed.set(key, event.status);
    }
    this.#waiting.clear();
  }

  /** One poll brings many events, one after another in one turn of the event loop: of each resource only the last counts. */
  #resource(event: ResourceEvent): void {
    const key = `${event.stack} ${event.logicalId}`;
    if (event.status.endsWith('_FAILED')) {
      this.#runtime.out.detail(describeEvent(event));
      this.#printed.set(key, event.status);
      if (!isConsequence(event.reason)) this.failures.push({ ...event, reason: event.reason ?? 'no reason given' });
      return;
    }
    const earlier = this.#waiting.get(key);
    if (earlier !== undefined && !isLater(event, earlier)) return;
    if (this.#waiting.size === 0) setImmediate(() => this.flush());
    this.#waiting.set(key, event);
  }

  #deployed({ noOp, stackArn }: { noOp?: boolean; stackArn?: string }): void {
    if (noOp === true && stackArn !== undefined) this.unchanged.add(stackArn);
  }
}

/** Events of one moment come in no order: then the end counts more than the beginning. */
function isLater(event: ResourceEvent, earlier: ResourceEvent): boolean {
  if (event.at !== earlier.at) return event.at > earlier.at;
  return !event.status.endsWith('_IN_PROGRESS');
}

/** `vendhost-dev-network: created EC2::VPC Vpc8378EB38`. */
function describeEvent({ stack, logicalId, type, status, reason }: ResourceEvent): string {
  const failed = status.endsWith('_FAILED') && reason !== undefined ? `: ${reason}` : '';
  return `${stack}: ${words[status] ?? status} ${type.replace(/^AWS::/, '')} ${logicalId}${failed}`;
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

function eventOf({ event }: StackActivity): ResourceEvent {
  return {
    stack: event.StackName ?? '',
    logicalId: event.LogicalResourceId ?? '',
    type: event.ResourceType ?? '',
    status: event.ResourceStatus ?? '',
    reason: event.ResourceStatusReason,
    at: event.Timestamp?.getTime() ?? 0,
  };
}

/** Resources that were stopped because another one failed say nothing about the cause. */
function isConsequence(reason: string | undefined): boolean {
  return reason !== undefined && /^Resource (creation|update) cancelled/i.test(reason);
}
