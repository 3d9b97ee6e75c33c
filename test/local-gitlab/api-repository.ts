import { type Answer, type Call, forbidden, given, missing, notAllowed, notFound, refused } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import type { User } from './discussions.ts';
import { page } from './paging.ts';
import type { MergeRequest, Setup } from './setups.ts';

/**
 * Branches, the tree, files and new commits of a project (https://docs.gitlab.com/api/branches/, /repositories/, /repository_files/, /commits/);
 * `undefined` for other calls.
 */
export function onRepository(
  call: Call,
  state: GitlabState,
  project: Project,
  url: URL,
  user: User,
): Answer | undefined {
  const [, , part, list, name] = call.path;
  if (part !== 'repository') return undefined;
  const role = state.roleIn(project, user.level);
  const setup = state.setups.of(project);
  if (call.method !== 'GET' && role < 30) return forbidden();
  if (list === 'branches') return onBranches(call, setup, url, name);
  if (call.method === 'POST' && list === 'commits' && name === undefined) return commit(call, state, project, role);
  if (call.method !== 'GET') return undefined;
  const ref = call.query.get('ref') ?? project.default_branch ?? '';
  if (list === 'tree') return tree(call, setup, ref, url);
  if (list !== 'files' || name === undefined) return undefined;
  const file = setup.branches.get(ref)?.get(name);
  if (file === undefined) return notFound('File Not Found');
  const content = Buffer.from(file.content).toString('base64');
  return {
    status: 200,
    body: { file_name: name.split('/').at(-1), file_path: name, encoding: 'base64', content, ref },
  };
}

function onBranches(call: Call, { branches }: Setup, url: URL, name?: string): Answer {
  const shown = (branch: string) => ({ name: branch });
  if (name !== undefined) {
    if (call.method !== 'GET') return notAllowed();
    return branches.has(name) ? { status: 200, body: shown(name) } : notFound('Branch Not Found');
  }
  if (call.method === 'GET') return page([...branches.keys()].map(shown), call.query, url);
  if (call.method !== 'POST') return notAllowed();
  const values = given(call);
  const absent = missing(values, 'branch', 'ref');
  if (absent !== undefined) return absent;
  const [branch, ref] = [String(values.branch), String(values.ref)];
  // `app/services/branches/create_service.rb`
  if (branches.has(branch)) return refused('Branch already exists');
  const from = branches.get(ref);
  if (from === undefined) return refused(`Invalid reference name: ${ref}`);
  branches.set(branch, new Map(from));
  return { status: 201, body: shown(branch) };
}

function tree(call: Call, { branches }: Setup, ref: string, url: URL): Answer {
  const files = branches.get(ref);
  // Of an empty repository too.
  if (files === undefined) return notFound('Tree Not Found');
  const names = [...new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''))].toSorted();
  const entries = names.map((name) => ({ name, path: name, type: files.has(name) ? 'blob' : 'tree' }));
  return page(entries, call.query, url);
}

function commit(call: Call, state: GitlabState, project: Project, role: number): Answer {
  const values = given(call);
  const absent = missing(values, 'branch', 'commit_message', 'actions');
  if (absent !== undefined) return absent;
  const setup = state.setups.of(project);
  const branch = String(values.branch);
  const levels = state.protectedBranches(project).find((each) => each.name === branch)?.push_access_levels;
  if (levels?.every(({ access_level }) => role < access_level)) {
    return refused('You are not allowed to push into this branch');
  }
  const start = values.start_branch === undefined ? undefined : String(values.start_branch);
  const isFirst = setup.branches.size === 0;
  const refusal = setup.commit(branch, start, values.actions as Readonly<Record<string, unknown>>[]);
  if (refusal !== undefined) return refusal;
  if (isFirst) state.change(project, { default_branch: branch, empty_repo: false });
  return { status: 201, body: { id: 'f'.repeat(40), title: String(values.commit_message) } };
}

/** `/projects/:id/merge_requests`: a list, and a new one (`app/models/merge_request.rb`, `app/services/merge_requests/build_service.rb`). */
export function onMergeRequests(call: Call, state: GitlabState, project: Project, url: URL, user: User): Answer {
  const setup = state.setups.of(project);
  const all = setup.mergeRequests;
  if (call.method === 'GET') {
    const [source, itsState] = [call.query.get('source_branch'), call.query.get('state') ?? 'all'];
    const found = all.filter(
      (each) => (source === null || each.source_branch === source) && ['all', each.state].includes(itsState),
    );
    return page(found, call.query, url);
  }
  if (call.method !== 'POST') return notAllowed();
  if (state.roleIn(project, user.level) < 30) return forbidden();
  const values = given(call);
  const absent = missing(values, 'title', 'source_branch', 'target_branch');
  if (absent !== undefined) return absent;
  const [source_branch, target_branch] = [String(values.source_branch), String(values.target_branch)];
  for (const [side, branch] of [['Source', source_branch] as const, ['Target', target_branch] as const]) {
    if (!setup.branches.has(branch)) return refused([`${side} branch "${branch}" does not exist`], 422);
  }
  const open = all.find((each) => each.state === 'opened' && each.source_branch === source_branch);
  if (open !== undefined) {
    return refused([`Another open merge request already exists for this source branch: !${open.iid}`], 409);
  }
  const iid = all.length + 1;
  const made: MergeRequest = {
    ...{ id: project.id * 1000 + iid, iid, project_id: project.id, state: 'opened' },
    ...{ title: String(values.title), source_branch, target_branch },
    description: values.description === undefined ? null : String(values.description),
    force_remove_source_branch: values.remove_source_branch === true,
  };
  all.push(made);
  state.discussions.addMergeRequest(project, iid, target_branch);
  return { status: 201, body: made };
}
