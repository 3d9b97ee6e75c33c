import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { findVariable, GitlabState, type Project, type Variable } from './api-state.ts';
import { page } from './paging.ts';

export type { Project, Variable } from './api-state.ts';

export interface LocalGitlab {
  /** `http://127.0.0.1:PORT`: the address to give a client as GitLab's. */
  readonly address: string;
  /** For CI_API_V4_URL. */
  readonly api: string;
  /** A personal access token it takes. */
  readonly token: string;
  /** The state, for a test to prepare and to look at. */
  readonly state: GitlabState;
  /** The variables of a project as they are now, for a pipeline of it. */
  variables(path: string): readonly Variable[];
  stop(): Promise<void>;
}

interface Call {
  readonly method: string;
  /** Path below `/api/v4`, decoded piece by piece. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const defaultToken = 'local-gitlab-token';

/**
 * A GitLab that keeps projects and their variables and answers `/api/v4` for them, by the rules of
 * https://docs.gitlab.com/api/projects/ and https://docs.gitlab.com/api/project_level_variables/.
 * What it does not know it answers with 404, as GitLab does. It listens on loopback and ends with its process.
 */
export async function startLocalGitlab(
  options: { projects?: readonly string[]; token?: string } = {},
): Promise<LocalGitlab> {
  const token = options.token ?? defaultToken;
  const state = new GitlabState();
  for (const path of options.projects ?? []) state.addProject(path);
  const server = createServer((request, response) => void serve(request, response, state, token, () => address));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the local GitLab has no port');
  const address = `http://127.0.0.1:${bound.port}`;
  return {
    address,
    api: `${address}/api/v4`,
    token,
    state,
    variables(path) {
      const project = state.project(path);
      if (project === undefined) throw new Error(`the local GitLab has no project ${path}`);
      return state.variables(project);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  state: GitlabState,
  token: string,
  address: () => string,
): Promise<void> {
  const url = new URL(request.url ?? '/', address());
  const answer = await answerOf(request, url, state, token).catch(
    (error: unknown): Answer => ({ status: 500, body: { message: `500 ${String(error)}` } }),
  );
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
}

async function answerOf(request: IncomingMessage, url: URL, state: GitlabState, token: string): Promise<Answer> {
  const { authorization } = request.headers;
  const given = request.headers['private-token'] ?? authorization?.replace(/^Bearer /, '');
  if (given !== token) return { status: 401, body: { message: '401 Unauthorized' } };
  const pieces = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (pieces[0] !== 'api' || pieces[1] !== 'v4') return notFound('Not Found');
  const call: Call = {
    method: request.method ?? 'GET',
    path: pieces.slice(2),
    query: url.searchParams,
    body: await bodyOf(request),
  };
  return route(call, state, url);
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  if (text === '') return {};
  const type = request.headers['content-type'] ?? '';
  return type.includes('json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
}

function route(call: Call, state: GitlabState, url: URL): Answer {
  const [noun, id, part, key, ...rest] = call.path;
  if (noun !== 'projects' || rest.length > 0) return notFound('Not Found');
  if (id === undefined) return call.method === 'GET' ? page(state.projects(), call.query, url) : notAllowed();
  const project = state.project(id);
  if (project === undefined) return notFound('Project Not Found');
  if (part === undefined) return call.method === 'GET' ? { status: 200, body: project } : notAllowed();
  if (part !== 'variables') return notFound('Not Found');
  return key === undefined ? onVariables(call, state, project, url) : onVariable(call, state, project, key);
}

function onVariables(call: Call, state: GitlabState, project: Project, url: URL): Answer {
  if (call.method === 'GET') return page(state.variables(project), call.query, url);
  if (call.method !== 'POST') return notAllowed();
  const given = { ...Object.fromEntries(call.query), ...call.body };
  const missing = ['key', 'value'].filter((name) => given[name] === undefined);
  if (missing.length > 0)
    return { status: 400, body: { error: missing.map((name) => `${name} is missing`).join(', ') } };
  return saved(201, state.createVariable(project, given));
}

function onVariable(call: Call, state: GitlabState, project: Project, key: string): Answer {
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
  return saved(200, state.updateVariable(project, found, { ...Object.fromEntries(call.query), ...call.body }));
}

/** `filter[environment_scope]=…` in the query, or `{"filter": {"environment_scope": …}}` in the body. */
function scopeOf(call: Call): string | undefined {
  const filter = call.body.filter as { environment_scope?: string } | undefined;
  return call.query.get('filter[environment_scope]') ?? filter?.environment_scope;
}

function saved(status: number, result: Variable | { faults: Record<string, string[]> }): Answer {
  return 'faults' in result ? { status: 400, body: { message: result.faults } } : { status, body: result };
}

const notFound = (what: string): Answer => ({ status: 404, body: { message: `404 ${what}` } });
const notAllowed = (): Answer => ({ status: 405, body: { error: '405 Not Allowed' } });
