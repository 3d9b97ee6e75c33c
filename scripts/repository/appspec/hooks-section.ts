import { isMap, isScalar, isSeq } from 'yaml';
import { shellSign } from './command-line.ts';
import { isScriptable, meant, reserved, type ScriptableEvent, scriptable } from './hook-events.ts';
import { checkKeys, type Keys } from './keys.ts';
import { isAccountName } from './permissions-section.ts';
import type { Entry, Part, Reader } from './yaml/nodes.ts';
import { isPlain, scalarText } from './yaml/scalars.ts';

/** One script of an event. */
export interface Hook {
  readonly event: ScriptableEvent;
  /** As written, without spaces around it; relative to the revision's root, whether it begins with a slash or not. */
  readonly location: string;
  /** Seconds; `undefined` stands for CodeDeploy's default of 3600. */
  readonly timeout?: number;
  /** Without the key `timeout`. */
  readonly isUnlimited: boolean;
  readonly part: Part;
}

/** All scripts of one event together may take this many seconds; one alone may without `timeout`. */
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
  const hooks = events.flatMap((event) => readEvent(reader, event, os));
  const [first, ...more] = hooks.filter(({ isUnlimited }) => isUnlimited);
  if (first !== undefined && os === 'linux') {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    reader.warning(
      first.part,
      `no timeout${others}: a script that hangs is ended after an hour; write timeout, in seconds`,
    );
  }
  return hooks;
}

function readEvent(reader: Reader, entry: Entry, os: string): Hook[] {
  const { key: event } = entry;
  if (!isScriptable(event)) {
    reader.fault(
      entry,
      isOfScript(event) ? 'belongs to a script: indent it like location' : `its scripts never run: ${whyNot(event)}`,
    );
    return [];
  }
  if (reader.isBlank(entry) || (isMap(entry.node) && entry.node.items.length === 0)) {
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

const script = 'the path of a script in the revision';
const scriptKeys: Keys = {
  required: { location: script },
  optional: ['timeout', 'runas'],
  others: { sudo: 'is not documented: use runas' },
};

function isOfScript(key: string): boolean {
  return Object.hasOwn(scriptKeys.required, key) || scriptKeys.optional.includes(key);
}

function readScript(reader: Reader, item: Part, event: ScriptableEvent, os: string): Hook | undefined {
  if (!isMap(item.node)) {
    reader.wrong(item, 'a mapping with location, like `- location: scripts/start.sh`');
    return undefined;
  }
  const entries = reader.entries({ ...item, node: item.node });
  checkKeys(reader, item, entries, scriptKeys);
  const location = entries.find(({ key }) => key === 'location');
  const text = location && reader.words(location, script);
  const timeout = readTimeout(reader, entries);
  const isUnlimited = !entries.some(({ key }) => key === 'timeout');
  const runas = reader.optional(entries, 'runas');
  if (runas !== undefined) readUser(reader, runas, os);
  if (text === undefined || location === undefined) return undefined;
  if (os === 'linux') checkName(reader, location, text);
  return { event, location: text, ...(timeout === undefined ? {} : { timeout }), isUnlimited, part: item };
}

function readUser(reader: Reader, entry: Entry, os: string): void {
  if (os === 'windows') reader.warning(entry, 'has no effect on windows');
  const user = reader.words(entry, 'the name of a user');
  if (user !== undefined && !isAccountName(user)) reader.wrong(entry, 'the name of a user');
}

/**
 * The agent writes the path unquoted into one command line, `su USER -c PATH` or PATH alone
 * (https://github.com/aws/aws-codedeploy-agent/blob/v1.8.1/lib/instance_agent/platform/linux_util.rb).
 */
function checkName(reader: Reader, entry: Entry, location: string): void {
  const sign = shellSign(location);
  if (sign === undefined) return;
  reader.fault(entry, `${JSON.stringify(location)} has ${sign}: ${whyNoSign(sign)}`);
}

function whyNoSign(sign: string): string {
  if (sign === '\\') return 'folders are separated by /';
  if (sign === 'a space')
    return 'a script gets no arguments, and its name has no space: the agent runs it as a command line';
  return 'the agent runs it as a command line: rename the file';
}

function readTimeout(reader: Reader, entries: readonly Entry[]): number | undefined {
  const entry = reader.optional(entries, 'timeout');
  if (entry === undefined) return undefined;
  const seconds = isScalar(entry.node) ? secondsOf(entry) : undefined;
  if (seconds !== undefined && seconds <= limitSeconds) return seconds;
  reader.wrong(entry, `whole seconds, 1 to ${limitSeconds}`);
  return undefined;
}

/** Only what means the same number to a reader and to the agent, which takes 5m for 5, a bare 0300 for 192 and 10:00 for 36000. */
function secondsOf({ node }: Entry): number | undefined {
  const text = scalarText(node);
  const found = (isPlain(node) ? /^\+?([1-9]\d{0,8})(\.0*)?$/ : /^\s*\+?0*([1-9]\d{0,8})\s*$/).exec(text);
  return found === null ? undefined : Number(found[1]);
}

function checkTime(reader: Reader, entry: Entry, hooks: readonly Hook[]): void {
  const timeouts = hooks.flatMap(({ timeout }) => timeout ?? []);
  const sum = timeouts.reduce((total, timeout) => total + timeout, 0);
  if (sum <= limitSeconds) return;
  reader.fault(
    entry,
    `timeouts of ${sum} s (${timeouts.join(' + ')}) are wrong: one event's scripts together must be at most ${limitSeconds} s`,
  );
}
