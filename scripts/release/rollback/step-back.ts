import type { Deployed } from '../decision.ts';
import type { RecordedExecution } from '../history/executions.ts';

/**
 * The release before the one that runs now: the newest that succeeded with another revision. After a failure, when it is unknown what
 * runs, it is the last that succeeded. A rollback counts as the release that it returned to: two rollbacks go back two
 * revisions, and not there and back.
 *
 * @param seen newest first, as far back as they were read
 * @returns `undefined` when none of these is it: perhaps an older one is
 */
export function stepBack(
  seen: readonly RecordedExecution[],
  deployed: Deployed | undefined,
): RecordedExecution | undefined {
  if (deployed === undefined) return seen.find(isReleased);
  const { version } = deployed;
  let at = seen.findIndex(({ id }) => id === deployed.executionId);
  while (seen[at]?.record?.rollbackOf !== undefined) {
    at = seen.findIndex((each, index) => index > at && isReleased(each) && each.version === version);
  }
  return at < 0 ? undefined : seen.slice(at + 1).find((each) => isReleased(each) && each.version !== version);
}

export function isReleased({ status }: Pick<RecordedExecution, 'status'>): boolean {
  return status === 'Succeeded';
}
