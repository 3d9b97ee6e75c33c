import { VendhostError } from '../errors.ts';
import { type GitlabApi, openGitlab } from '../gitlab/api.ts';
import {
  type IssueChange,
  planTrackedIssue,
  readTrackedIssues,
  type TrackedIssue,
  type WantedIssue,
  writeTrackedIssues,
} from '../gitlab/tracked-issue.ts';
import { noteOf } from '../report/note.ts';
import { keyIn, markerStart } from '../report/note-marker.ts';
import type { Report, ReportSection } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';

const label = 'vendhost::drift';

/**
 * Keeps one issue in the job's project for each section in which something differs: it is opened, gets what is found, and is
 * closed when the section is clean, or is not there any more. What could not be looked at whole changes none, unless something
 * was found in it.
 * Without a token or outside of a job none is kept, and that is said; what GitLab refuses is said too, for the result of
 * the check does not depend on it.
 */
export async function keepIssues(
  runtime: Runtime,
  report: Report,
  isLookedAt: (section: string) => boolean,
): Promise<void> {
  const { env, out } = runtime;
  const { CI_PROJECT_ID: project, CI_SERVER_URL: server } = env;
  if (project === undefined || server === undefined) return;
  const api = openGitlab(runtime, server);
  if (api === undefined) {
    out.warn('VENDHOST_GITLAB_TOKEN is not set: no issue is opened, updated or closed');
    return;
  }
  const keep = async () => {
    const issues = await readTrackedIssues(api, project, label);
    const wanted = [
      ...wantedIssues(report, issues, env.CI_JOB_URL),
      ...outlivedIssues(report, issues, isLookedAt, env.CI_JOB_URL),
    ];
    const changes = wanted.flatMap((each) => planTrackedIssue(issues, each));
    for (const change of changes) await orSaid(runtime, isOfOneIssue, () => write(runtime, api, project, change));
  };
  await orSaid(
    runtime,
    () => true,
    async () => {
      // An answer was lost, and what was asked may be done all the same: what there is now is read, and the rest is written.
      await keep().catch(async (thrown: unknown) => {
        if (!(thrown instanceof VendhostError) || thrown.code !== 'GITLAB_UNREACHABLE') throw thrown;
        await keep();
      });
    },
  );
}

async function write({ out }: Runtime, api: GitlabApi, project: string, change: IssueChange): Promise<void> {
  for (const { action, iid, address } of await writeTrackedIssues(api, project, label, [change])) {
    out.step(`issue #${iid}: ${done[action]} (${address})`);
  }
}

/** What GitLab refuses of one issue, such as a description that people made too long, it does not refuse of the others. */
function isOfOneIssue({ code }: VendhostError): boolean {
  return code === 'GITLAB_REFUSED';
}

async function orSaid(
  { out, signal }: Runtime,
  isToSay: (error: VendhostError) => boolean,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof VendhostError) || !isToSay(thrown)) throw thrown;
    signal.throwIfAborted();
    const why = [thrown.message, ...thrown.details].join(': ');
    out.warn(`the issues are not as they should be: ${thrown.code}: ${why}: ${thrown.hint}`);
  }
}

const done = { open: 'opened', update: 'updated', close: 'closed', reopen: 'opened again' } as const;

/** The issues of a report's sections. */
function wantedIssues(report: Report, issues: readonly TrackedIssue[], page: string | undefined): WantedIssue[] {
  return report.sections.flatMap((section): WantedIssue[] => {
    if (section.state === 'unknown') return [];
    const marker = markerStart(keyOf(section.id));
    const isKnown = issues.some(({ description }) => description.startsWith(marker));
    if (section.state === 'clean' && !isKnown) return [];
    return [issueOf(section, page)];
  });
}

/** Open issues of sections that would be in the report if there were anything left of them: stacks that were deleted. */
export function outlivedIssues(
  report: Report,
  issues: readonly TrackedIssue[],
  isLookedAt: (section: string) => boolean,
  page: string | undefined,
): WantedIssue[] {
  const keys = new Set(issues.filter(({ isOpen }) => isOpen).flatMap(({ description }) => keyIn(description) ?? []));
  return [...keys].flatMap((key): WantedIssue[] => {
    const id = key.startsWith(keyOf('')) ? key.slice(keyOf('').length) : '';
    if (id === '' || report.sections.some((section) => section.id === id) || !isLookedAt(id)) return [];
    const title = id.split('/').at(-1) ?? id;
    return [issueOf({ id, title, summary: 'it no longer exists', state: 'clean', findings: [] }, page)];
  });
}

function keyOf(section: string): string {
  return `drift:${section}`;
}

function issueOf(section: ReportSection, page: string | undefined): WantedIssue {
  const key = keyOf(section.id);
  const title = `Drift: ${section.title}`;
  // Without the facts: they are another pipeline and time with every check, and the issue would be written each night.
  const own: Report = { title, summary: section.summary, sections: [section], facts: {} };
  return {
    marker: markerStart(key),
    title,
    isOpen: section.state === 'found',
    describe: (former) => noteOf(own, { key, page, former }),
  };
}
