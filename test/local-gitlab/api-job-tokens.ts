import { type Answer, type Call, given, missing, notAllowed, notFound } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import { page } from './paging.ts';

/** `app/models/ci/job_token/project_scope_link.rb` */
const mostProjects = 200;

/**
 * `/projects/:id/job_token_scope` and below, for Maintainers only (https://docs.gitlab.com/api/project_job_token_scopes/); its
 * refusals are those of `app/services/ci/job_token_scope/add_project_service.rb`.
 */
export function onJobTokenScope(
  call: Call,
  state: GitlabState,
  project: Project,
  url: URL,
  isSeen: (project: Project) => boolean,
  list?: string,
): Answer {
  const { limited, projects, groups } = state.jobTokens(project);
  if (list === undefined) {
    if (call.method !== 'GET') return notAllowed();
    return { status: 200, body: { inbound_enabled: limited, outbound_enabled: false } };
  }
  if (list === 'groups_allowlist') {
    if (call.method !== 'GET') return notAllowed();
    const shown = groups.map((path, index) => ({
      id: index + 1,
      web_url: `https://gitlab.example.test/groups/${path}`,
      name: path.split('/').at(-1),
    }));
    return page(shown, call.query, url);
  }
  if (list !== 'allowlist') return notFound('Not Found');
  if (call.method === 'GET') {
    const all = [project.id, ...projects].flatMap((id) => state.projects().find((each) => each.id === id) ?? []);
    const shown = all.map(({ id, name, path, path_with_namespace }) => ({ id, name, path, path_with_namespace }));
    return page(shown, call.query, url);
  }
  return call.method === 'POST' ? add(call, state, project, isSeen) : notAllowed();
}

function add(call: Call, state: GitlabState, project: Project, isSeen: (project: Project) => boolean): Answer {
  // Here GitLab takes no path of the project, unlike everywhere else.
  if (!/^\d+$/.test(call.path[1] ?? '')) return { status: 400, body: { error: 'id is invalid' } };
  const values = given(call);
  const refusal = missing(values, 'target_project_id');
  if (refusal !== undefined) return refusal;
  const target = state.projects().find(({ id }) => String(id) === String(values.target_project_id));
  if (target === undefined) return notFound('target_project_id not found Not Found');
  const { projects } = state.jobTokens(project);
  const refused = (message: string): Answer => ({ status: 400, body: { message: `400 Bad request - ${message}` } });
  if (!isSeen(target)) {
    return refused(
      "The target_project that you are attempting to access does not exist or you don't have permission to perform this action",
    );
  }
  if (target.id === project.id)
    return refused("Validation failed: Target project can't be the same as the source project");
  if (projects.includes(target.id)) return refused('This project is already in the job token allowlist.');
  if (projects.length >= mostProjects) {
    return refused('Validation failed: Source project exceeds the allowable number of project links in this direction');
  }
  state.changeJobTokens(project, { projects: [...projects, target.id] });
  return { status: 201, body: { source_project_id: project.id, target_project_id: target.id } };
}
