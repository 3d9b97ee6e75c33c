import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import { executionsBack, type RecordedExecution, type ReleaseStore } from './executions.ts';

/** Shortest accepted prefix of a hash: shorter ones would often match several. */
const shortest = 7;

/** Whether a name matches a release: its execution, revision or commit, whole or a prefix; also the key of a revision. */
export function isNamed({ id, record }: RecordedExecution, name: string): boolean {
  if (record?.revision === name) return true;
  if (name.length < shortest) return false;
  const sha256 = /([0-9a-f]{64})\.zip$/.exec(record?.revision ?? '')?.[1];
  return [id, sha256, record?.commit].some((known) => known?.startsWith(name) === true);
}

/** The execution with its record; `undefined` if CodePipeline no longer knows it. */
export async function findExecution(aws: Aws, store: ReleaseStore, id: string): Promise<RecordedExecution | undefined> {
  for await (const execution of executionsBack(aws, store)) if (execution.id === id) return execution;
  return undefined;
}

/** The newest release of that name, or of all, as far back as CodePipeline knows; throws `RELEASE_UNKNOWN`. */
export async function findRelease(aws: Aws, store: ReleaseStore, name: string | undefined): Promise<RecordedExecution> {
  for await (const execution of executionsBack(aws, store)) {
    if (name === undefined || isNamed(execution, name)) return execution;
  }
  throw unknownRelease(store, name);
}

export function unknownRelease({ tenant, pipeline }: ReleaseStore, name: string | undefined): VendhostError {
  const message = name === undefined ? 'released nothing yet' : `released no execution, revision or commit "${name}"`;
  return new VendhostError('RELEASE_UNKNOWN', `${pipeline.name} ${message}`, {
    hint: `\`vendhost release list\` shows the releases of ${tenant}; of a name, give at least ${shortest} characters`,
  });
}
