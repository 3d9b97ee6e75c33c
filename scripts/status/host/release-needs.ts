import { partValue } from '../../aws/status-part.ts';
import { names } from '../../config/names.ts';
import { approvalsPage } from '../../release/approval/whom.ts';
import type { Release } from '../../release/history/release.ts';
import { consoleUrl } from '../../release/pipeline.ts';
import type { Finding } from '../../report/report.ts';
import { ageWords } from '../age.ts';
import type { HostSnapshot } from './host-snapshot.ts';
import { isOfSomebody, releaseWords } from './release-rows.ts';

/** The command with its place. */
export function commandFor({ place: { tenant, environment } }: HostSnapshot, command: string): string {
  return `vendhost ${command} --tenant ${tenant} --environment ${environment}`;
}

/** Releases that need attention: the last one, if it failed, and those that wait for an approval. */
export function releaseNeeds(snapshot: HostSnapshot): Finding[] {
  const { releases = [], current } = partValue(snapshot.releases) ?? {};
  const waiting = releases.filter(({ state }) => state === 'waiting for approval');
  // Older ones say nothing once a newer one is on the instances.
  const last = releases.find(
    (release) => isOver(release.state) && isOfSomebody(release) && release.start > (current?.start ?? 0),
  );
  const failed = last?.state === 'failed' ? [failedRelease(snapshot, last, current)] : [];
  return [...failed, ...waiting.map((release) => waitingRelease(snapshot, release))];
}

function isOver(state: Release['state']): boolean {
  return state === 'failed' || state === 'succeeded';
}

function failedRelease(snapshot: HostSnapshot, release: Release, current: Release | undefined): Finding {
  const has =
    current === undefined ? 'which revision the instances have is not certain' : 'the instances have the one before';
  return {
    id: `release/${release.executionId}`,
    gravity: 'fault',
    title: `the last release failed, ${ageWords(snapshot.at - (release.end ?? release.start))} ago: ${releaseWords(release)}; ${has}`,
    details: release.summary === undefined ? [] : [release.summary],
    next: `read the log of its job${release.record?.jobUrl ? ` ${release.record.jobUrl}` : ' release'}, fix what it names, and push`,
  };
}

function waitingRelease(snapshot: HostSnapshot, release: Release): Finding {
  const since = ageWords(snapshot.at - (release.approval?.at ?? release.start));
  return {
    id: `approval/${release.executionId}`,
    gravity: 'change',
    title: `a release has waited for approval for ${since}: ${releaseWords(release)}`,
    ...answer(snapshot, release),
  };
}

/** Whom a release waits for, and how they answer. */
function answer(snapshot: HostSnapshot, { executionId }: Release): Required<Pick<Finding, 'details' | 'next'>> {
  const { place, region, record } = snapshot;
  const role = names.tenantRole(place, 'approver');
  if (record.approvals === undefined) {
    const where = consoleUrl({ name: record.pipeline, region });
    return { details: [`waits for: people with the role ${role}`], next: `approve or reject it: ${where}` };
  }
  const { project } = record.approvals;
  return {
    details: [`waits for: people who start pipelines in ${project}, or with the role ${role}`],
    next: `${approvalsPage(record.approvals, '')}, for ${place.tenant} in ${place.environment}, has the jobs approve and reject; with the role: ${commandFor(snapshot, 'release approve')} --execution ${executionId} --reason TEXT`,
  };
}
