import { messageOf } from '../errors.ts';
import type { Deployment, LifecycleEvent } from './deployment.ts';

/** An event that failed on an instance. */
export interface FailedEvent {
  readonly instance: string;
  readonly event: LifecycleEvent;
}

export function failedEvents({ targets }: Pick<Deployment, 'targets'>): FailedEvent[] {
  return targets.flatMap(({ instance, events }) =>
    events.filter(({ status }) => status === 'Failed').map((event) => ({ instance, event })),
  );
}

/** Instance, event, script and message, then the end of the script's log. */
export function failureLines({ instance, event }: FailedEvent): string[] {
  const { code, script, message, logTail } = event.error ?? { code: '', script: '', message: '', logTail: '' };
  const head = [`${instance} ${event.name}`, [code, script].filter(Boolean).join(' '), messageOf(message)];
  const tail = logTail.trimEnd();
  return [head.filter(Boolean).join(': '), ...(tail === '' ? [] : tail.split('\n').map((line) => `  ${line}`))];
}
