import { type Answer, type Call, forbidden, given, missing, notAllowed, notFound } from './answers.ts';
import { isLongerThan } from './api-notes.ts';
import type { GitlabState, Project } from './api-state.ts';
import type { Issue, User } from './discussions.ts';
import { page } from './paging.ts';

/** `app/models/concerns/issuable.rb`; here also when an issue is edited. */
const limits = { title: 255, description: 1_048_576 };

/**
 * `/projects/:id/issues` and below (https://docs.gitlab.com/api/issues/): Guests open issues and edit their own, Reporters set
 * labels and edit all. Labels of somebody who may not set them GitLab leaves out without saying so.
 */
export function onIssues(call: Call, state: GitlabState, project: Project, url: URL, user: User): Answer {
  const [, , , iid, ...rest] = call.path;
  const { discussions } = state;
  const role = state.roleIn(project, user.level);
  if (rest.length > 0) return notFound('Not Found');
  const values = given(call);
  if (iid === undefined) {
    if (call.method === 'GET') return page(listed(discussions.issues(project), call.query), call.query, url);
    if (call.method !== 'POST') return notAllowed();
    if (role < 10 && project.visibility === 'private') return forbidden();
    const title = String(values.title ?? '').trim();
    const description = values.description === undefined ? null : discussions.taken(String(values.description));
    return (
      missing(values, 'title') ??
      faultsOf(title, description) ?? {
        status: 201,
        body: discussions.addIssue(project, user, { title, description, labels: role < 20 ? [] : labelsIn(values) }),
      }
    );
  }
  const issue = discussions.issues(project).find((each) => String(each.iid) === iid);
  if (issue === undefined) return notFound('Not found');
  if (call.method === 'GET') return { status: 200, body: issue };
  if (call.method !== 'PUT') return notAllowed();
  if (role < 20 && issue.author.id !== user.id) return forbidden();
  return edited(state, project, issue, values, role >= 20);
}

function edited(
  state: GitlabState,
  project: Project,
  issue: Issue,
  values: Readonly<Record<string, unknown>>,
  maySetLabels: boolean,
): Answer {
  const known = ['title', 'description', 'labels', 'add_labels', 'state_event'];
  if (known.every((name) => values[name] === undefined)) {
    return { status: 400, body: { error: `${known.join(', ')} are missing, at least one parameter must be provided` } };
  }
  const event = values.state_event;
  if (event !== undefined && event !== 'close' && event !== 'reopen') {
    return { status: 400, body: { error: 'state_event does not have a valid value' } };
  }
  const title = String(values.title ?? issue.title).trim();
  const description =
    values.description === undefined ? issue.description : state.discussions.taken(String(values.description));
  const faults = faultsOf(title, description);
  if (faults !== undefined) return faults;
  const labels = values.labels === undefined ? issue.labels : labelsIn(values);
  const closing =
    event === undefined
      ? {}
      : event === 'close'
        ? { state: 'closed' as const, closed_at: new Date().toISOString() }
        : { state: 'opened' as const, closed_at: null };
  const changes = { title, description, labels: maySetLabels ? labels : issue.labels, ...closing };
  return { status: 200, body: state.discussions.editIssue(project, issue, changes) };
}

function listed(issues: readonly Issue[], query: URLSearchParams): Issue[] {
  const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
  const state = query.get('state') ?? 'all';
  const search = (query.get('search') ?? '').toLowerCase();
  const found = issues.filter(
    (issue) =>
      labels.every((label) => issue.labels.includes(label)) &&
      (state === 'all' || issue.state === state) &&
      `${issue.title}\n${issue.description}`.toLowerCase().includes(search),
  );
  const oldest = query.get('sort') === 'asc';
  return found.toSorted((one, other) => (oldest ? one.id - other.id : other.id - one.id));
}

function labelsIn({ labels = '' }: Readonly<Record<string, unknown>>): string[] {
  const given = Array.isArray(labels) ? labels.map(String) : String(labels).split(',');
  return given.map((label) => label.trim()).filter(Boolean);
}

function faultsOf(title: string, description: string | null): Answer | undefined {
  const message: Record<string, string[]> = {};
  if (title === '') message.title = ["can't be blank"];
  if (isLongerThan(title, limits.title)) message.title = [`is too long (maximum is ${limits.title} characters)`];
  if (isLongerThan(description ?? '', limits.description)) {
    message.description = [`is too long (maximum is ${limits.description} characters)`];
  }
  return Object.keys(message).length === 0 ? undefined : { status: 400, body: { message } };
}
