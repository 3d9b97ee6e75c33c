import { openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import type { Runtime } from '../../runtime.ts';
import { consoleUrl } from '../pipeline.ts';
import { readSnapshot } from '../snapshot.ts';
import { findRelease } from './find-release.ts';
import { openStore } from './open-store.ts';
import { readCurrent } from './read-releases.ts';
import { releaseOf } from './release.ts';
import { releaseLines } from './release-lines.ts';
import { firstPush } from './release-record.ts';
import { releaseJson } from './release-words.ts';

export interface ShowOptions extends Place {
  /** An execution, revision or commit, or the beginning of one; without it, the newest release. */
  readonly name: string | undefined;
}

/**
 * Prints everything that is known about a release: what was pushed and by whom, who started it, on which image, who approved it, and what happened
 * on each instance. Only reads. Throws `RELEASE_UNKNOWN`.
 */
export async function showRelease(runtime: Runtime, { name, ...place }: ShowOptions): Promise<undefined> {
  const aws = openAws(runtime);
  const { store } = await openStore(aws, place);
  const execution = await findRelease(aws, store, name);
  const revision = execution.record?.revision;
  const [current, snapshot, pushed] = await Promise.all([
    readCurrent(aws, store),
    readSnapshot(aws, store.pipeline, execution.id),
    revision === undefined ? undefined : firstPush(aws, store.bucket, revision),
  ]);
  const { actions = [], deployment, rollback } = snapshot ?? {};
  const release = releaseOf(execution, { actions, current });
  const shown = { release, actions, deployment, rollback, pushed, console: consoleUrl(store.pipeline) };
  runtime.out.result(
    { ...releaseJson(release), actions, deployment, rollback, firstPush: pushed, console: shown.console },
    releaseLines(shown, Date.now()).join('\n'),
  );
  return undefined;
}
