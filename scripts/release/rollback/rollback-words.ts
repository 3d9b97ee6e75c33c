import { abbreviated } from '../../output.ts';
import { revisionWords } from '../history/release-words.ts';
import type { ReleasedSoftware, Rollback } from './plan-rollback.ts';

/** From what to what, with commits and authors. */
export function rollbackLines({ from, to, of }: Rollback): string[] {
  return [
    `from  ${from === undefined ? `what the execution ${of} released` : softwareWords(from)}`,
    `to    ${softwareWords(to)}`,
  ];
}

export function softwareWords({ revision, push }: ReleasedSoftware): string {
  return revisionWords(revision, push);
}

/** A rollback changes nothing in git: the branch still has what was rolled back. */
export function endWords({ from, to, note }: Rollback): string[] {
  const { commit = '', branch = '' } = from?.push ?? {};
  const what = commit === '' ? 'what was taken back' : `commit ${abbreviated(commit)}`;
  const where = branch || to.push.branch;
  const next = `next: revert ${what}${where === '' ? '' : ` on ${where}`}: the next pipeline of the branch releases the branch's software again`;
  return note === undefined ? [next] : [note, next];
}
