import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import { executionsBack, listedBack, type RecordedExecution, type ReleaseStore, withRecord } from './executions.ts';

/** Shortest accepted prefix of a hash: shorter ones would often match several. */
const shortest = 7;

/** So many of the things that a name may mean are shown. */
const mostShown = 5;

/** A whole hash or id, which is of one thing: a commit, a revision, or an execution. */
const whole = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

type NamedExecution = Pick<RecordedExecution, 'id' | 'record'>;

/** What of a release has this name: its execution, revision or commit, whole or a beginning; of a revision its key, too. */
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

/** Whether a name is that of a release. */
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

/** The newest release of that name, or of all, as far back as CodePipeline knows; throws `RELEASE_UNKNOWN` and `NAME_AMBIGUOUS`. */
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
 * The releases of a name, newest first: of a whole one as far back as one is enough, of a beginning all, since an older release may have another name that
 * begins so. Throws `NAME_AMBIGUOUS` for a beginning that several have.
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

/** @param meant what the name may be the beginning of, like `commit 0123…` */
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
