import { type Answer, type Call, given, missing, notAllowed, notFound, refused } from './answers.ts';
import { hasProcessMode } from './api-settings.ts';
import type { GitlabState, Project } from './api-state.ts';
import { page } from './paging.ts';

/**
 * Environments, pipeline schedules and resource groups (https://docs.gitlab.com/api/environments/, /pipeline_schedules/, /resource_groups/), by
 * the rules of `lib/api/environments.rb`, `lib/api/ci/pipeline_schedules.rb` and `lib/api/ci/resource_groups.rb`; `undefined` for other calls.
 */
export function onSetup(call: Call, state: GitlabState, project: Project, url: URL): Answer | undefined {
  const [, , part, id, ...rest] = call.path;
  if (rest.length > 0) return undefined;
  if (part === 'environments') return onEnvironments(call, state, project, url, id);
  if (part === 'pipeline_schedules') return onSchedules(call, state, project, url, id);
  if (part === 'resource_groups') return onResourceGroups(call, state, project, url, id);
  return undefined;
}

/** `app/models/environment.rb` */
const tiers = ['production', 'staging', 'testing', 'development', 'other'];
const invalid = (name: string): Answer => ({ status: 400, body: { error: `${name} does not have a valid value` } });

function onEnvironments(call: Call, state: GitlabState, project: Project, url: URL, id?: string): Answer {
  const all = state.setups.of(project).environments;
  const values = given(call);
  if (values.tier !== undefined && call.method !== 'GET' && !tiers.includes(String(values.tier)))
    return invalid('tier');
  if (id === undefined) {
    if (call.method === 'GET') return page(all, call.query, url);
    if (call.method !== 'POST') return notAllowed();
    const absent = missing(values, 'name');
    if (absent !== undefined) return absent;
    const name = String(values.name);
    if (all.some((each) => each.name === name)) return refused({ name: ['has already been taken'] });
    const made = { id: all.length + 1, name, state: 'available' as const, tier: String(values.tier ?? tierOf(name)) };
    all.push(made);
    return { status: 201, body: made };
  }
  const found = all.find((each) => String(each.id) === id);
  if (found === undefined) return notFound('Not found');
  if (call.method === 'PUT' && values.tier !== undefined) found.tier = String(values.tier);
  return call.method === 'GET' || call.method === 'PUT' ? { status: 200, body: found } : notAllowed();
}

/** What GitLab takes a name for where nobody says a tier. */
function tierOf(name: string): string {
  if (/dev|review|trunk/i.test(name)) return 'development';
  if (/test|tst|int|ac(ce|)pt|qa|qc|control|quality/i.test(name)) return 'testing';
  if (/st(a|)g|mod(e|)l|pre|demo|non/i.test(name)) return 'staging';
  return /pr(o|)d|live/i.test(name) ? 'production' : 'other';
}

function onSchedules(call: Call, state: GitlabState, project: Project, url: URL, id?: string): Answer {
  const all = state.setups.of(project).schedules;
  if (id !== undefined) {
    const found = all.find((each) => String(each.id) === id);
    if (found === undefined) return notFound('Not found');
    if (call.method === 'DELETE') {
      all.splice(all.indexOf(found), 1);
      return { status: 204 };
    }
    return call.method === 'GET' ? { status: 200, body: found } : notAllowed();
  }
  if (call.method === 'GET') return page(all, call.query, url);
  if (call.method !== 'POST') return notAllowed();
  const values = given(call);
  const absent = missing(values, 'description', 'ref', 'cron');
  if (absent !== undefined) return absent;
  const cron = String(values.cron);
  // `app/validators/cron_validator.rb`
  if (!/^(\S+\s+){4}\S+$/.test(cron)) return refused({ cron: ['syntax is invalid'] });
  // Two with the same description are no fault to GitLab.
  const ref = String(values.ref);
  const made = {
    ...{ id: Math.max(0, ...all.map(({ id: other }) => other)) + 1, description: String(values.description), cron },
    ref: ref.startsWith('refs/') || !state.setups.of(project).branches.has(ref) ? ref : `refs/heads/${ref}`,
    ...{ cron_timezone: String(values.cron_timezone ?? 'UTC'), active: values.active !== false },
  };
  all.push(made);
  return { status: 201, body: made };
}

/** `app/models/ci/resource_group.rb` */
const modes = ['unordered', 'oldest_first', 'newest_first'];

function onResourceGroups(call: Call, state: GitlabState, project: Project, url: URL, key?: string): Answer {
  const all = state.setups.of(project).resourceGroups;
  if (key === undefined) return call.method === 'GET' ? page(all, call.query, url) : notAllowed();
  const found = all.find((each) => each.key === key);
  if (found === undefined) return notFound('Not found');
  const mode = given(call).process_mode;
  if (call.method === 'PUT' && mode !== undefined) {
    const known = hasProcessMode(state) ? [...modes, 'newest_ready_first'] : modes;
    if (!known.includes(String(mode))) return invalid('process_mode');
    found.process_mode = String(mode);
  }
  return call.method === 'GET' || call.method === 'PUT' ? { status: 200, body: found } : notAllowed();
}
