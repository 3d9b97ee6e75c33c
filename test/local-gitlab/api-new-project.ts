import { type Answer, type Call, given, notFound, refused } from './answers.ts';
import { projectBody } from './api-settings.ts';
import type { GitlabState, Project } from './api-state.ts';
import type { User } from './discussions.ts';
import { page } from './paging.ts';

/** `/namespaces/:id`, by number or path (https://docs.gitlab.com/api/namespaces/). */
export function onNamespace({ method, path }: Call, state: GitlabState): Answer {
  const [, id = ''] = path;
  const found = [...state.groups].find(([full, number]) => full === id || String(number) === id);
  if (method !== 'GET' || found === undefined) return notFound('Namespace Not Found');
  const [full, number] = found;
  return { status: 200, body: { id: number, path: full.split('/').at(-1), full_path: full, kind: 'group' } };
}

/** `GET /projects`: those that the token sees, by part of their path (https://docs.gitlab.com/api/projects/#list-all-projects). */
export function listProjects(call: Call, state: GitlabState, isSeen: (project: Project) => boolean, url: URL): Answer {
  const searched = call.query.get('search') ?? '';
  const found = state.projects().filter((each) => isSeen(each) && each.path.includes(searched));
  const shown = found.map((project) => {
    const full = project.path_with_namespace.split('/').slice(0, -1).join('/');
    return { ...project, namespace: { id: state.groups.get(full), full_path: full } };
  });
  return page(shown, call.query, url);
}

/** `POST /projects` by the rules of `app/services/projects/create_service.rb`. */
export function createProject(call: Call, state: GitlabState, user: User): Answer {
  const values = given(call);
  const { name, path = name, namespace_id: namespace, default_branch: branch, visibility = 'private' } = values;
  if (path === undefined) {
    return { status: 400, body: { error: 'name, path are missing, at least one parameter must be provided' } };
  }
  const group = [...state.groups].find(([, number]) => number === Number(namespace));
  // Who may not create projects there, is told the same.
  if (group === undefined || user.level < 40) return refused({ namespace: ['is not valid'] });
  const full = `${group[0]}/${path}`;
  const taken = ['has already been taken'];
  if (state.projects().some((each) => each.path_with_namespace.toLowerCase() === full.toLowerCase())) {
    return refused({ 'project_namespace.name': taken, name: taken, path: taken });
  }
  const isStarted = isTrue(values.initialize_with_readme);
  const project = state.addProject(full, isStarted ? String(branch ?? 'main') : null);
  state.change(project, {
    description: values.description === undefined ? null : String(values.description),
    visibility: visibility as 'private',
    auto_devops_enabled: values.auto_devops_enabled === undefined || isTrue(values.auto_devops_enabled),
    ...(values.ci_config_path === undefined ? {} : { ci_config_path: String(values.ci_config_path) }),
  });
  return { status: 201, body: projectBody(state, state.current(project), true) };
}

const isTrue = (value: unknown) => value === true || value === 'true';
