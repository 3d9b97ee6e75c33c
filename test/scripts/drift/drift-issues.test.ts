import { describe, expect, test } from 'vitest';
import type { PlatformCheckout } from '../../../scripts/drift/checks.ts';
import { keepIssues, outlivedIssues } from '../../../scripts/drift/drift-issues.ts';
import { isLookedAt, type LookedAt } from '../../../scripts/drift/looked-at.ts';
import { wholeShard } from '../../../scripts/drift/shard.ts';
import { planTrackedIssue, type TrackedIssue } from '../../../scripts/gitlab/tracked-issue.ts';
import { markerStart } from '../../../scripts/report/note-marker.ts';
import type { Report, ReportSection } from '../../../scripts/report/report.ts';
import { recorder } from '../../builders/recorder.ts';
import { type OpenGitlab, openLocalGitlab } from '../gitlab/open.ts';
import { wire } from '../wire.ts';

const section = (id: string, state: ReportSection['state']): ReportSection => ({
  id,
  title: id.split('/').at(-1) ?? id,
  summary: 'Group differs',
  state,
  findings: state === 'clean' ? [] : [{ id: `${id}/Group`, gravity: 'change', title: 'Group was changed' }],
});
const report = (...sections: ReportSection[]): Report => ({ title: 'Drift', summary: '', sections, facts: {} });
const issue = (iid: number, id: string, isOpen = true): TrackedIssue => ({
  iid,
  title: 'Drift',
  description: `${markerStart(`drift:${id}`)}x -->\n\ndiffers`,
  isOpen,
  address: `https://gitlab.example.test/${iid}`,
});
const platform = {} as PlatformCheckout;
const dev = { environment: 'dev' as const, tenant: undefined, platform, shard: wholeShard };
const whole: LookedAt = { contexts: [dev], checks: undefined, sections: [] };

describe('the issue of a section that is not in the report', () => {
  const access = 'dev/stacks/vendhost-dev-shop--x-access';
  const closed = (id: string, looked: Partial<LookedAt>, sections: ReportSection[] = []) => {
    const issues = [issue(1, id), issue(2, 'dev/hosts'), issue(3, 'staging/stacks/vendhost-staging-access')];
    const lookedAt = { ...whole, sections, ...looked };
    const wanted = outlivedIssues(report(...sections), issues, (each) => isLookedAt(lookedAt, each), undefined);
    return wanted.flatMap((each) => planTrackedIssue(issues, each)).map(({ action, iid }) => [action, iid]);
  };

  test('is closed when all stacks were listed, and that of entries which had ended', () => {
    expect(closed(access, {})).toEqual([['close', 1]]);
    expect(closed('ignore', {})).toEqual([['close', 1]]);
  });

  test('says so, and keeps what people wrote', () => {
    const [wanted] = outlivedIssues(report(), [issue(1, access)], () => true, undefined);
    expect(wanted?.describe(undefined)).toContain('it no longer exists');
  });

  test.each<[string, Partial<LookedAt>, ReportSection[]?]>([
    ['the list could not be read', {}, [section('dev/stacks', 'unknown')]],
    ["it is another shard's", { contexts: [1, 2].map((number) => ({ ...dev, shard: { number, of: 9 } })) }],
    ['stacks were not looked at', { checks: ['hosts'] }],
    ['only another tenant was', { contexts: [{ ...dev, tenant: 'mill' }] }],
    ['another environment was', { contexts: [{ ...dev, environment: 'staging' }] }],
    ['it is in the report', {}, [section(access, 'unknown')]],
  ])('stays when %s', (_, looked, sections) => {
    expect(closed(access, looked, sections).filter(([, iid]) => iid === 1)).toEqual([]);
  });

  test("in a tenant's project is closed for its own stacks only", () => {
    const contexts = [{ ...dev, tenant: 'shop', platform: undefined }];
    expect(closed('dev/stacks/vendhost-dev-shop-data', { contexts })).toEqual([['close', 1]]);
    expect(closed('dev/stacks/vendhost-dev-mill-data', { contexts })).toEqual([]);
  });
});

describe('in GitLab', () => {
  const jobIn = ({ gitlab }: OpenGitlab, job: number) =>
    recorder({
      CI_PROJECT_ID: 'acme/shop',
      CI_SERVER_URL: gitlab.address,
      CI_JOB_URL: `https://gitlab.example.test/acme/shop/-/jobs/${job}`,
      VENDHOST_GITLAB_TOKEN: gitlab.token,
    });

  test('another job that finds the same changes no issue', async () => {
    const opened = await openLocalGitlab();
    const issues = () => opened.gitlab.state.discussions.issues(opened.project);
    const keep = (job: number, state: ReportSection['state']) =>
      keepIssues(jobIn(opened, job), report(section('dev/stacks/vendhost-dev-access', state)), () => true);
    await keep(1, 'found');
    const [first] = issues().map((each) => ({ ...each }));
    expect(first?.description).toContain('/jobs/1');
    await keep(2, 'found');
    expect(issues()).toEqual([first]);
    await keep(3, 'clean');
    expect(issues()).toMatchObject([{ state: 'closed', description: expect.stringContaining('/jobs/3') }]);
  });

  test('an issue that GitLab does not let change is said, and the others are written', async () => {
    const opened = await openLocalGitlab();
    const { discussions } = opened.gitlab.state;
    const [one, other] = ['a', 'b'].map((name) => section(`dev/stacks/${name}`, 'found'));
    if (one === undefined || other === undefined) throw new Error('no sections');
    await keepIssues(jobIn(opened, 1), report(one), () => true);
    const [first] = discussions.issues(opened.project);
    if (first === undefined) throw new Error('no issue');
    const description = `${first.description}${'x'.repeat(1_048_576 - (first.description ?? '').length)}`;
    discussions.editIssue(opened.project, first, { description });
    const job = jobIn(opened, 2);
    await keepIssues(job, report({ ...one, summary: 'more than before differs' }, other), () => true);
    expect(discussions.issues(opened.project).map(({ title }) => title)).toEqual(['Drift: a', 'Drift: b']);
    expect(job.progress().join('\n')).toMatch(/GITLAB_REFUSED: cannot update the issue #1.*is too long/);
  });

  test('an answer that is lost costs no issue, and makes none twice', async () => {
    const opened = await openLocalGitlab();
    let lost = 0;
    const address = await wire(opened.gitlab.address, async ({ operation }, next) => {
      const answer = await next();
      if (!/^POST .*issues/.test(operation) || lost > 0) return answer;
      lost += 1;
      return { status: 0, body: '' };
    });
    const runtime = jobIn(opened, 1);
    const job = { ...runtime, env: { ...runtime.env, CI_API_V4_URL: `${address}/api/v4` } };
    const sections = ['a', 'b', 'c'].map((name) => section(`dev/stacks/${name}`, 'found'));
    await keepIssues(job, report(...sections), () => true);
    const issues = opened.gitlab.state.discussions.issues(opened.project);
    expect(issues.map(({ title }) => title)).toEqual(['Drift: a', 'Drift: b', 'Drift: c']);
    expect(lost).toBe(1);
    expect(runtime.progress().join('\n')).not.toContain('not as they should be');
  });
});
