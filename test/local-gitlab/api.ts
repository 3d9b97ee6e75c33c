import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Answer, type Call, forbidden, notAllowed, notFound, refused } from './answers.ts';
import { onCommits } from './api-commits.ts';
import { onDeployments } from './api-deployments.ts';
import { onDeployTokens, onHooks } from './api-hooks.ts';
import { onIssues } from './api-issues.ts';
import { onJobTokenScope } from './api-job-tokens.ts';
import { createProject, listProjects, onNamespace } from './api-new-project.ts';
import { onNotes } from './api-notes.ts';
import { onPackages } from './api-packages.ts';
import { onPipelines } from './api-pipelines.ts';
import { onReleases } from './api-releases.ts';
import { onMergeRequests, onRepository } from './api-repository.ts';
import { onProject, onProtectedBranches, onProtectedEnvironments } from './api-settings.ts';
import { onSetup } from './api-setup.ts';
import { type GitlabOptions, GitlabState, type Project, type Variable } from './api-state.ts';
import { onVariables } from './api-variables.ts';
import type { User } from './discussions.ts';
import { subjectSettings, type TokenSettings } from './subject.ts';

export type { Project, Variable } from './api-state.ts';

export interface LocalGitlab {
  /** `http://127.0.0.1:PORT`: the address to give a client as GitLab's. */
  readonly address: string;
  /** For CI_API_V4_URL. */
  readonly api: string;
  /** A token of a Maintainer of every project. */
  readonly token: string;
  /** A token of somebody who is only Developer. */
  readonly developerToken: string;
  /** Of a Reporter and a Guest, and of the Maintainer again, with a scope that only reads. */
  readonly reporterToken: string;
  readonly guestToken: string;
  readonly readingToken: string;
  /** The token of a job that a Developer has started. */
  readonly jobToken: string;
  /** The state, for a test to prepare and to look at. */
  readonly state: GitlabState;
  /** The variables of a project as they are now, for a pipeline of it. */
  variables(path: string): readonly Variable[];
  /** What the project's ID tokens are made of, for a pipeline of it. */
  tokenSettings(path: string): TokenSettings;
  stop(): Promise<void>;
}

const defaultToken = 'local-gitlab-token';

/**
 * A GitLab that keeps projects, their variables and what trust in their jobs depends on, and answers `/api/v4` for them, by
 * the rules of https://docs.gitlab.com/api/projects/ and the pages named at each part.
 * What it does not know it answers with 404, as GitLab does. It listens on loopback and ends with its process.
 */
export async function startLocalGitlab(
  options: { projects?: readonly string[]; token?: string } & GitlabOptions = {},
): Promise<LocalGitlab> {
  const token = options.token ?? defaultToken;
  const developerToken = `${token}-of-a-developer`;
  const state = new GitlabState(options);
  for (const path of options.projects ?? []) state.addProject(path);
  const reporterToken = `${token}-of-a-reporter`;
  const guestToken = `${token}-of-a-guest`;
  const readingToken = `${token}-that-reads`;
  const jobToken = `${token}-of-a-job`;
  const users: Users = new Map([
    [token, { ...person(1, 'maintainer'), level: 40, scope: 'api' }],
    [developerToken, { ...person(2, 'developer'), level: 30, scope: 'api' }],
    [reporterToken, { ...person(3, 'reporter'), level: 20, scope: 'api' }],
    [guestToken, { ...person(4, 'guest'), level: 10, scope: 'api' }],
    [readingToken, { ...person(1, 'maintainer'), level: 40, scope: 'read_api' }],
    [jobToken, { ...person(2, 'developer'), level: 30, scope: 'job' }],
  ]);
  const server = createServer((request, response) => void serve(request, response, state, users, () => address));
  // Client and server are one process: after a long synthesis it would close a connection that a request is being written to.
  server.keepAliveTimeout = 0;
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
    developerToken,
    reporterToken,
    guestToken,
    readingToken,
    jobToken,
    state,
    variables: (path) => state.variables(known(state, path)),
    tokenSettings: (path) => subjectSettings(state, known(state, path)),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function known(state: GitlabState, path: string): Project {
  const project = state.project(path);
  if (project === undefined) throw new Error(`the local GitLab has no project ${path}`);
  return project;
}

type Users = ReadonlyMap<string, User>;

const person = (id: number, username: string) => ({ id, username, name: `The ${username}` });

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  state: GitlabState,
  users: Users,
  address: () => string,
): Promise<void> {
  const url = new URL(request.url ?? '/', address());
  const answer = await answerOf(request, url, state, users).catch(
    (error: unknown): Answer => ({ status: 500, body: { message: `500 ${String(error)}` } }),
  );
  const type = answer.text === undefined ? 'application/json' : 'text/html; charset=utf-8';
  response.writeHead(answer.status, { 'content-type': type, ...answer.headers });
  response.end(answer.text ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body)));
}

async function answerOf(request: IncomingMessage, url: URL, state: GitlabState, users: Users): Promise<Answer> {
  const { authorization } = request.headers;
  const ofJob = request.headers['job-token'];
  const given = request.headers['private-token'] ?? authorization?.replace(/^Bearer /, '') ?? ofJob;
  const user = users.get(String(given));
  // A token of one kind is none of the other.
  if (user === undefined || (user.scope === 'job') !== (given === ofJob)) return unauthorized;
  const pieces = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (pieces[0] !== 'api' || pieces[1] !== 'v4') return notFound('Not Found');
  const call: Call = {
    method: request.method ?? 'GET',
    path: pieces.slice(2),
    query: url.searchParams,
    body: await bodyOf(request),
  };
  if (user.scope === 'job' && !jobEndpoints.test(`/${call.path.join('/')}`)) return unauthorized;
  const outage = state.outages.take(`${call.method} /${call.path.join('/')}`);
  if (outage?.isDone === false) return outage.answer;
  const answer =
    call.method !== 'GET' && user.scope === 'read_api' ? insufficientScope : await route(call, state, url, user);
  return outage?.answer ?? answer;
}

const unauthorized: Answer = { status: 401, body: { message: '401 Unauthorized' } };

/** What a job's own token may use here; GitLab allows it a few more (https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access). */
const jobEndpoints = /^\/projects\/.+\/deployments$/;

/** `lib/api/api_guard.rb` */
const insufficientScope: Answer = {
  status: 403,
  body: {
    error: 'insufficient_scope',
    error_description: 'The request requires higher privileges than provided by the access token.',
    scope: 'api',
  },
};

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  if (text === '') return {};
  const type = request.headers['content-type'] ?? '';
  if (type === 'application/octet-stream') return { bytes: bytes.toString('base64') };
  return type.includes('json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
}

/**
 * By a path that a project had before, only reading is answered, with the address by its number (`lib/api/helpers.rb`, `find_project!`);
 * other letters of the path are the same path.
 */
function movedAnswer({ method, path: [, id = '', ...rest] }: Call, project: Project, url: URL): Answer | undefined {
  if (!id.includes('/') || id.toLowerCase() === project.path_with_namespace.toLowerCase()) return undefined;
  if (method !== 'GET') return refused('Non GET methods are not allowed for moved projects', 405);
  const Location = `/api/v4/${['projects', project.id, ...rest].map(encodeURIComponent).join('/')}${url.search}`;
  return { status: 301, body: { message: 'This resource has been moved permanently' }, headers: { Location } };
}

async function route(call: Call, state: GitlabState, url: URL, user: User): Promise<Answer> {
  const { level } = user;
  const [noun, id, part, name, ...rest] = call.path;
  if (noun === 'user' && id === undefined) return { status: 200, body: { ...user, state: 'active' } };
  if (noun === 'metadata' || noun === 'version') {
    return {
      status: 200,
      body: { version: state.version, revision: '0f3c2b1a', enterprise: state.version.endsWith('-ee') },
    };
  }
  if (noun === 'namespaces') return onNamespace(call, state);
  if (noun !== 'projects') return notFound('Not Found');
  if (id === undefined && call.method === 'POST') return createProject(call, state, user);
  const isSeen = (each: Project) => each.visibility !== 'private' || state.roleIn(each, level) > 0;
  if (id === undefined) return call.method === 'GET' ? listProjects(call, state, isSeen, url) : notAllowed();
  const project = state.project(id);
  if (project === undefined || !isSeen(project)) return notFound('Project Not Found');
  const moved = movedAnswer(call, project, url);
  if (moved !== undefined) return moved;
  if (part === 'merge_requests' && name === undefined) return onMergeRequests(call, state, project, url, user);
  if (part === 'merge_requests') return onNotes(call, state, project, url, user);
  if (part === 'issues') return onIssues(call, state, project, url, user);
  if (part === 'packages') return onPackages(call, state, project, url, state.roleIn(project, level));
  if (part === 'releases') return onReleases(call, state, project, url, state.roleIn(project, level));
  if (part === 'deployments') return onDeployments(call, state, project, url, user);
  const ofRepository = onRepository(call, state, project, url, user);
  if (ofRepository !== undefined) return ofRepository;
  const ofCommits = onCommits(call, state, project, url, user);
  if (ofCommits !== undefined) return ofCommits;
  const isMaintainer = state.roleIn(project, level) >= 40;
  if (!isMaintainer && (part !== undefined || call.method !== 'GET')) return forbidden();
  const ofPipelines = await onPipelines(call, state, project, url);
  if (ofPipelines !== undefined) return ofPipelines;
  const ofSetup = onSetup(call, state, project, url);
  if (ofSetup !== undefined) return ofSetup;
  if (rest.length > 0) return notFound('Not Found');
  if (part === 'hooks') return onHooks(call, state.hooks, project, url, name);
  if (part === 'deploy_tokens') return onDeployTokens(call, state.hooks, project, url, name);
  switch (part) {
    case undefined:
      return onProject(call, state, project, isMaintainer);
    case 'variables':
      return onVariables(call, state, project, url, name);
    case 'protected_branches':
      return onProtectedBranches(call, state, project, url, name);
    case 'job_token_scope':
      return onJobTokenScope(call, state, project, url, isSeen, name);
    case 'protected_environments':
      return onProtectedEnvironments(call, state, project, url);
    default:
      return notFound('Not Found');
  }
}
