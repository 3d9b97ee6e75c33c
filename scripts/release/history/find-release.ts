import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import { executionsBack, listedBack, type RecordedExecution, type ReleaseStore, withRecord } from './executions.ts';

/** Shortest accepted prefix of a hash: shorter ones would often match several. */
const shortest = 7;

/** How many matches of a name are shown. */
const mostShown = 5;

/** A complete hash or id, which identifies one commit, revision or execution. */
const whole = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

type NamedExecution = Pick<RecordedExecution, 'id' | 'record'>;

/** What of a release has this name or prefix: its execution, revision or commit; for a revision also its key. */
function meanings({ id, record }: NamedExecution, name: string): string[] {
  const sha256 = /([0-9a-f]{64})\.zip$/.exec(record?.revision ?? '')?.[1];
  const all = [
    ['execution', id],
    ['revision', sha256],
    ['commit', record?.commit],
  ] as const;
  const fits = (known = '') => name.length >= shortest && known.startsWith(name);
  return [
    ...(record?.revision === name ? [`revision ${name}`] : []),
    ...all.flatMap(([what, known]) => (fits(known) ? [`${what} ${known}`] : [])),
  ];
}

/** Whether a name identifies a release. */
export function isNamed(execution: NamedExecution, name: string): boolean {
  return meanings(execution, name).length > 0;
}

/** The execution with its record; `undefined` if CodePipeline no longer knows it. */
export async function findExecution(aws: Aws, store: ReleaseStore, id: string): Promise<RecordedExecution | undefined> {
  for await (const execution of listedBack(aws, store.pipeline)) {
    if (execution.id === id) return await withRecord(aws, store, execution);
  }
  return undefined;
}

/** The newest release with that name, or of all, as far back as CodePipeline's history; throws `RELEASE_UNKNOWN` and `NAME_AMBIGUOUS`. */
export async function findRelease(aws: Aws, store: ReleaseStore, name: string | undefined): Promise<RecordedExecution> {
  if (name !== undefined) {
    const [newest] = await releasesNamed(aws, store, name, () => true);
    if (newest !== undefined) return newest;
  } else {
    for await (const execution of executionsBack(aws, store)) return execution;
  }
  throw unknownRelease(store, name);
}

/**
 * The releases with a name, newest first. For a complete name it reads back only as far as the caller needs; for a prefix it reads all, because an
 * older release may have another name with that prefix. Throws `NAME_AMBIGUOUS` for a prefix with several matches.
 */
export async function releasesNamed(
  aws: Aws,
  store: ReleaseStore,
  name: string,
  isEnough: (execution: RecordedExecution) => boolean,
): Promise<RecordedExecution[]> {
  // No commit and no revision looks like the id of an execution, which the list has without a record.
  const execution = name.includes('-') && whole.test(name) ? await findExecution(aws, store, name) : undefined;
  if (execution !== undefined) return [execution];
  const found: RecordedExecution[] = [];
  const isWhole = whole.test(name) || name.includes('/');
  for await (const execution of executionsBack(aws, store)) {
    if (!isNamed(execution, name)) continue;
    found.push(execution);
    if (isWhole && isEnough(execution)) break;
  }
  const all = found.map((execution) => meanings(execution, name));
  const [first = []] = all;
  if (found.length > 0 && !first.some((one) => all.every((meant) => meant.includes(one)))) {
    throw ambiguous(name, [...new Set(all.flat())]);
  }
  return found;
}

/** @param meant what the prefix matches, like `commit 0123…` */
export function ambiguous(name: string, meant: readonly string[]): VendhostError {
  const more = meant.length > mostShown ? [`and ${meant.length - mostShown} more`] : [];
  return new VendhostError('NAME_AMBIGUOUS', `"${name}" is how ${meant.length} names begin`, {
    details: [...meant.slice(0, mostShown), ...more],
    hint: 'give more characters of the one that is meant',
  });
}

export function unknownRelease({ tenant, pipeline }: ReleaseStore, name: string | undefined): VendhostError {
  const message = name === undefined ? 'released nothing yet' : `released no execution, revision or commit "${name}"`;
  return new VendhostError('RELEASE_UNKNOWN', `${pipeline.name} ${message}`, {
    hint: `\`vendhost release list\` shows the releases of ${tenant}; of a name, give at least ${shortest} characters`,
  });
}
