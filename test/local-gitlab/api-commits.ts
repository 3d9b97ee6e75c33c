import { type Answer, type Call, forbidden, given, missing, notAllowed, notFound } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import type { User } from './discussions.ts';
import { page } from './paging.ts';

/**
 * `/projects/:id/statuses/:sha`, `/repository/compare` and `/repository/commits/:sha/…` (https://docs.gitlab.com/api/commits/,
 * https://docs.gitlab.com/api/repositories/), by the rules of `lib/api/commit_statuses.rb` and `app/services/ci/create_commit_status_service.rb`;
 * `undefined` for other calls.
 */
export function onCommits(call: Call, state: GitlabState, project: Project, url: URL, user: User): Answer | undefined {
  const [, , part, list, sha = '', what] = call.path;
  if (part === 'statuses') return call.method === 'POST' ? setStatus(call, state, project, user) : notAllowed();
  if (part !== 'repository') return undefined;
  if (state.roleIn(project, user.level) < 20) return forbidden();
  if (call.method !== 'GET') return notAllowed();
  if (list === 'compare') return compare(call, state, project);
  if (list !== 'commits') return undefined;
  const commit = state.commits.find(project, sha);
  if (commit === undefined) return notFound('Commit Not Found');
  if (what === 'merge_requests') {
    const requests = Object.entries(commit.requests).map(([iid, itsState]) => ({ iid: Number(iid), state: itsState }));
    return page(requests, call.query, url);
  }
  if (what !== 'statuses') return undefined;
  const [name, ref] = [call.query.get('name'), call.query.get('ref')];
  const all = state.commits
    .statuses(project)
    .filter((one) => one.sha === sha && (name === null || one.name === name) && (ref === null || one.ref === ref));
  // Without `all` the latest of each name.
  const latest = all.filter((one) => !all.some((other) => other.name === one.name && other.id > one.id));
  return page(latest, call.query, url);
}

function compare(call: Call, { commits }: GitlabState, project: Project): Answer {
  const refusal = missing(given(call), 'from', 'to');
  if (refusal !== undefined) return refusal;
  const [from, to] = ['from', 'to'].map((side) => commits.find(project, call.query.get(side) ?? ''));
  if (from === undefined || to === undefined) return notFound('Ref Not Found');
  return {
    status: 200,
    body: { commits: commits.between(project, from, to).map(({ id, created_at }) => ({ id, created_at })) },
  };
}

const statusStates = ['pending', 'running', 'success', 'failed', 'canceled', 'skipped'];

function setStatus(call: Call, state: GitlabState, project: Project, user: User): Answer {
  const role = state.roleIn(project, user.level);
  if (role < 30) return forbidden();
  const values = given(call);
  const refusal = missing(values, 'state');
  if (refusal !== undefined) return refusal;
  const status = String(values.state);
  if (!statusStates.includes(status)) return refused({ error: 'state does not have a valid value' });
  const sha = call.path[3] ?? '';
  const commit = state.commits.find(project, sha);
  if (commit === undefined) return notFound('Commit Not Found');
  const ref = String(values.ref ?? commit.branch);
  const name = String(values.name ?? 'default');
  // `update_pipeline` of a protected branch: who may push to it or merge into it.
  const protection = state.protectedBranches(project).find((branch) => branch.name === ref);
  const levels = [...(protection?.push_access_levels ?? []), ...(protection?.merge_access_levels ?? [])];
  if (protection !== undefined && levels.every(({ access_level }) => role < access_level)) return forbidden();
  const description = values.description === undefined ? null : String(values.description);
  if ((description?.length ?? 0) > 255) {
    return refused({ message: { description: ['is too long (maximum is 255 characters)'] } });
  }
  const all = state.commits.statuses(project);
  const open = all.find(
    (one) =>
      one.sha === sha &&
      one.ref === ref &&
      one.name === name &&
      one.author.id === user.id &&
      ['pending', 'running'].includes(one.status),
  );
  if (open !== undefined && status === 'pending') {
    return refused({
      message: `Cannot transition status via :enqueue from :${open.status} (Reason(s): Status cannot transition via "enqueue")`,
    });
  }
  const target_url = values.target_url === undefined ? null : String(values.target_url);
  if (open !== undefined) return { status: 201, body: Object.assign(open, { status, target_url, description }) };
  const made = { id: all.length + 1, sha, ref, name, status, target_url, description, author: { id: user.id } };
  all.push(made);
  return { status: 201, body: made };
}

const refused = (body: object): Answer => ({ status: 400, body });
