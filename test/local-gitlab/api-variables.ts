import { type Answer, type Call, given, missing, notAllowed, notFound } from './answers.ts';
import { findVariable, type GitlabState, type Project, type Variable } from './api-state.ts';
import { page } from './paging.ts';

/** `/projects/:id/variables` and below (https://docs.gitlab.com/api/project_level_variables/). */
export function onVariables(call: Call, state: GitlabState, project: Project, url: URL, key?: string): Answer {
  return key === undefined ? onAll(call, state, project, url) : onOne(call, state, project, key);
}

function onAll(call: Call, state: GitlabState, project: Project, url: URL): Answer {
  if (call.method === 'GET') return page(state.variables(project), call.query, url);
  if (call.method !== 'POST') return notAllowed();
  const values = given(call);
  return missing(values, 'key', 'value') ?? saved(201, state.createVariable(project, values));
}

function onOne(call: Call, state: GitlabState, project: Project, key: string): Answer {
  const found = findVariable(state.variables(project), key, scopeOf(call));
  if (found === 'several') {
    const hint = "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'";
    return { status: 409, body: { message: hint } };
  }
  if (found === undefined) return notFound('Variable Not Found');
  if (call.method === 'GET') return { status: 200, body: found };
  if (call.method === 'DELETE') {
    state.removeVariable(project, found);
    return { status: 204 };
  }
  if (call.method !== 'PUT') return notAllowed();
  return saved(200, state.updateVariable(project, found, given(call)));
}

/** `filter[environment_scope]=…` in the query, or `{"filter": {"environment_scope": …}}` in the body. */
function scopeOf(call: Call): string | undefined {
  const filter = call.body.filter as { environment_scope?: string } | undefined;
  return call.query.get('filter[environment_scope]') ?? filter?.environment_scope;
}

function saved(status: number, result: Variable | { faults: Record<string, string[]> }): Answer {
  return 'faults' in result ? { status: 400, body: { message: result.faults } } : { status, body: result };
}
