import { parse } from 'yaml';
import { type Answer, type Call, given, missing, notAllowed, notFound } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import { page } from './paging.ts';

/**
 * `/projects/:id/pipeline`, `/pipelines`, `/jobs`, `/runners` and `/ci/lint`
 * (https://docs.gitlab.com/api/pipelines/, /api/jobs/, /api/runners/, /api/lint/); `undefined` for other calls.
 */
export async function onPipelines(
  call: Call,
  state: GitlabState,
  project: Project,
  url: URL,
): Promise<Answer | undefined> {
  const { pipelines } = state;
  const [, , part, id, what] = call.path;
  if (part === 'pipeline' && id === undefined) return await create(call, state, project);
  if (part === 'runners' && id === undefined) return page(pipelines.runners(project.id), call.query, url);
  if (part === 'ci' && id === 'lint') return call.method === 'POST' ? lint(call, state) : notAllowed();
  if (part === 'jobs' && what === 'trace') {
    const text = pipelines.log(project.id, Number(id));
    return text === undefined
      ? notFound('Not Found')
      : { status: 200, text, headers: { 'content-type': 'text/plain; charset=utf-8' } };
  }
  if (part !== 'pipelines') return undefined;
  const all = pipelines.of(project.id);
  if (id === undefined) {
    const status = call.query.get('status');
    return page(status === null ? all : all.filter((one) => one.status === status), call.query, url);
  }
  const found = all.find((one) => String(one.id) === id);
  if (found === undefined) return notFound('Not Found');
  if (what === undefined) return { status: 200, body: found };
  if (what === 'jobs') return page(pipelines.jobs(found.id), call.query, url);
  if (what !== 'cancel' || call.method !== 'POST') return notFound('Not Found');
  pipelines.cancel(found.id);
  return { status: 200, body: found };
}

async function create(call: Call, { pipelines }: GitlabState, { id }: Project): Promise<Answer> {
  if (call.method !== 'POST') return notAllowed();
  const refusal = missing(given(call), 'ref');
  if (refusal !== undefined) return refusal;
  const started = await pipelines.start(id, String(given(call).ref));
  if (started !== undefined) return { status: 201, body: started };
  return { status: 400, body: { message: { base: ['Reference not found'] } } };
}

/** Looks only whether the projects of its includes are there: nothing else of a file is known here. */
function lint(call: Call, state: GitlabState): Answer {
  const { include = [] } = (parse(String(given(call).content)) ?? {}) as { include?: { project?: string }[] };
  const absent = include.flatMap(({ project }) => (project === undefined || state.project(project) ? [] : [project]));
  const errors = absent.map(
    (project) =>
      `Project \`${project}\` not found or access denied! Make sure any includes in the pipeline configuration are correctly defined.`,
  );
  return { status: 200, body: { valid: errors.length === 0, errors, warnings: [], merged_yaml: '' } };
}
