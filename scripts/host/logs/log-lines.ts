import type { HostLog } from '../../config/names.ts';
import type { LogEvent } from './read-events.ts';

/** What an instance logged, for a reader; unknown values are ''. */
export interface LogLine {
  readonly at: number;
  readonly log: HostLog;
  readonly instance: string;
  /** The deployment and the lifecycle event in which a hook printed it. */
  readonly deployment: string;
  readonly hook: string;
  /** The software's file, with _ for each / of its path, as in the agent's stream names. */
  readonly file: string;
  readonly text: string;
}

/** The agent writes `[2026-11-27 10:00:00.123] [d-ABCDEF123][stdout]text` (aws-codedeploy-agent, hook_executor.rb and log.rb). */
const hookLine = /^\[[^\]]*\] \[(d-[A-Z0-9]+)\](.*)$/s;
const begins = /^LifecycleEvent - (\w+)$/;

/**
 * Reads hooks' lines in order: the agent names the event of a line once, as the event begins, and does one thing
 * at a time. A script's output cannot imitate that: it comes after `[stdout]`.
 */
export class HookLines {
  readonly #events = new Map<string, string>();

  read({ at, stream, text }: LogEvent): LogLine {
    const [, deployment = '', said = text] = hookLine.exec(text) ?? [];
    const key = `${stream} ${deployment}`;
    const begun = deployment === '' ? undefined : begins.exec(said)?.[1];
    if (begun !== undefined) this.#events.set(key, begun);
    const hook = this.#events.get(key) ?? '';
    return { at, log: 'hooks', instance: stream, deployment, hook, file: '', text: said };
  }
}

/** A line of the software: the agent's stream of a file is named `<instance>_<path>`. */
export function softwareLine({ at, stream, text }: LogEvent): LogLine {
  const [, instance = stream, file = ''] = /^(i-[0-9a-f]+)_+(.+)$/.exec(stream) ?? [];
  return { at, log: 'software', instance, deployment: '', hook: '', file, text };
}

/** `2026-11-27T10:00:00.123Z i-0123… AfterInstall [stdout]text`; further lines of an entry are indented. The time is UTC. */
export function shownLine({ at, log, instance, hook, file, text }: LogLine): string {
  const source = log === 'software' ? file : hook || 'hooks';
  const shown = text.trimEnd().replaceAll('\n', '\n    ');
  return `${new Date(at).toISOString()} ${instance} ${source} ${shown}`;
}
