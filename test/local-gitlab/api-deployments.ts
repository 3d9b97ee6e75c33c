import { type Answer, type Call, forbidden, given, missing, notAllowed, notFound } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import type { User } from './discussions.ts';
import { page } from './paging.ts';

/** `/projects/:id/deployments` (https://docs.gitlab.com/api/deployments/), by the rules of `lib/api/deployments.rb`. A job's own token may use it. */
export function onDeployments(call: Call, state: GitlabState, project: Project, url: URL, user: User): Answer {
  if (call.path[3] !== undefined) return notFound('Not Found');
  const role = state.roleIn(project, user.level);
  if (role < 20) return forbidden();
  const all = state.commits.deployments(project);
  if (call.method === 'GET') {
    const wanted = call.query.get('environment');
    const shown = all.filter(({ environment }) => wanted === null || environment.name === wanted);
    // Ordered by `id`, ascending unless asked otherwise.
    return page(call.query.get('sort') === 'desc' ? shown.toReversed() : shown, call.query, url);
  }
  if (call.method !== 'POST') return notAllowed();
  if (role < 30) return forbidden();
  const values = given(call);
  const refusal = missing(values, 'environment', 'sha', 'ref', 'tag', 'status');
  if (refusal !== undefined) return refusal;
  const [environment, sha, ref, status] = ['environment', 'sha', 'ref', 'status'].map((key) => String(values[key]));
  if (!['running', 'success', 'failed', 'canceled'].includes(status ?? '')) {
    return { status: 400, body: { error: 'status does not have a valid value' } };
  }
  if (!state.commits.hasBranch(project, ref ?? '')) {
    return { status: 400, body: { message: { ref: ['The branch or tag does not exist'] } } };
  }
  // Here a protected environment is one that only Maintainers deploy to.
  if (state.protectedEnvironments(project).includes(environment ?? '') && role < 40) return forbidden();
  if (state.commits.find(project, sha ?? '') === undefined) {
    return { status: 400, body: { message: { sha: ['The commit does not exist'] } } };
  }
  const id = all.length + 1;
  const made = {
    id,
    iid: id,
    ref: ref ?? '',
    sha: sha ?? '',
    status: status ?? '',
    environment: { name: environment ?? '' },
    deployable: null,
  };
  all.push(made);
  return { status: 201, body: made };
}
