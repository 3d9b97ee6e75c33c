import { isMap, isSeq } from 'yaml';
import { relativeSource, required } from './files-section.ts';
import { isScriptable, meant, reserved, type ScriptableEvent, scriptable } from './hook-events.ts';
import { type Entry, type Part, type Reader, unknownKeys } from './nodes.ts';

/** One script of an event. */
export interface Hook {
  readonly event: ScriptableEvent;
  /** Relative to the revision's root, without leading slashes. */
  readonly location: string;
  /** Seconds; `undefined` stands for CodeDeploy's default of 3600. */
  readonly timeout?: number;
  readonly part: Part;
}

/** All scripts of one event together may take this many seconds. */
const limitSeconds = 3600;

/** Reads `hooks`, a mapping of events to lists of scripts (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html). */
export function readHooks(reader: Reader, part: Part, os: string): Hook[] {
  if (reader.isBlank(part)) {
    reader.warning(part, 'no script runs: leave the key out, or name events');
    return [];
  }
  if (isSeq(part.node)) {
    reader.fault(part, 'a list is wrong: must be a mapping of events (a list is the form for ECS and Lambda)');
    return [];
  }
  const events = reader.mapping(part, 'a mapping of events to lists of scripts') ?? [];
  return events.flatMap((event) => readEvent(reader, event, os));
}

function readEvent(reader: Reader, entry: Entry, os: string): Hook[] {
  const { key: event } = entry;
  if (!isScriptable(event)) {
    reader.fault(entry, `its scripts never run: ${whyNot(event)}`);
    return [];
  }
  if (reader.isBlank(entry)) {
    reader.warning(entry, 'no script runs: leave the event out, or list scripts');
    return [];
  }
  const items = reader.list(entry, 'a list of scripts, each with location') ?? [];
  const hooks = items.flatMap((item) => readScript(reader, item, event, os) ?? []);
  checkTime(reader, entry, hooks);
  return hooks;
}

function whyNot(event: string): string {
  const allowed = `events with scripts are ${scriptable.join(', ')}`;
  if ((reserved as readonly string[]).includes(event)) return `${event} is CodeDeploy's own; ${allowed}`;
  if (event === 'AfterAllowTestTraffic') return `${event} exists for ECS only; ${allowed}`;
  const close = meant(event);
  return close === undefined ? `"${event}" is not an event; ${allowed}` : `"${event}" is not an event; write ${close}`;
}

function readScript(reader: Reader, item: Part, event: ScriptableEvent, os: string): Hook | undefined {
  if (!isMap(item.node)) {
    reader.wrong(item, 'a mapping with location, like `- location: scripts/start.sh`');
    return undefined;
  }
  const entries = reader.entries({ ...item, node: item.node });
  for (const entry of unknownKeys(entries, ['location', 'timeout', 'runas'])) {
    const undocumented = entry.key === 'sudo';
    reader.warning(
      entry,
      undocumented ? 'is not documented: use runas' : 'is ignored: known are location, timeout, runas',
    );
  }
  const location = required(reader, item, entries, 'location', 'the path of a script in the revision');
  const text = location && reader.text(location, 'the path of a script in the revision');
  const timeout = readTimeout(reader, entries);
  const runas = entries.find(({ key }) => key === 'runas');
  if (runas !== undefined) reader.text(runas, 'the name of a user');
  if (runas !== undefined && os === 'windows') reader.warning(runas, 'has no effect on windows');
  if (text === undefined) return undefined;
  return { event, location: relativeSource(text), ...(timeout === undefined ? {} : { timeout }), part: item };
}

function readTimeout(reader: Reader, entries: readonly Entry[]): number | undefined {
  const entry = entries.find(({ key }) => key === 'timeout');
  if (entry === undefined) return undefined;
  const allowed = `whole seconds, 1 to ${limitSeconds}`;
  const text = reader.text(entry, allowed);
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  reader.wrong(entry, allowed);
  return undefined;
}

function checkTime(reader: Reader, entry: Entry, hooks: readonly Hook[]): void {
  const timeouts = hooks.flatMap(({ timeout }) => timeout ?? []);
  const sum = timeouts.reduce((total, timeout) => total + timeout, 0);
  if (sum > limitSeconds) {
    const parts = timeouts.length > 1 ? ` (${timeouts.join(' + ')})` : '';
    reader.fault(
      entry,
      `timeouts of ${sum} s${parts} are wrong: one event's scripts together must be at most ${limitSeconds} s`,
    );
  }
  if (hooks.length - timeouts.length > 1) {
    reader.note(entry, `${hooks.length - timeouts.length} scripts without timeout share ${limitSeconds} s`);
  }
}
