import { randomBytes } from 'node:crypto';
import { type Answer, type Call, given, missing, notAllowed, notFound } from './answers.ts';
import type { Project } from './api-state.ts';
import { page } from './paging.ts';

/** A webhook with what GitLab never shows of it: the token. */
export interface Hook {
  readonly id: number;
  readonly url: string;
  readonly push_events: boolean;
  readonly push_events_branch_filter: string;
  readonly branch_filter_strategy: string;
  readonly enable_ssl_verification: boolean;
  readonly custom_webhook_template: string;
  readonly alert_status: string;
  readonly token: string;
}

export interface DeployToken {
  readonly id: number;
  readonly name: string;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly token: string;
}

/** Webhooks and deploy tokens of the projects, for a test to look at too. */
export class ApiHooks {
  readonly #hooks = new Map<number, Hook[]>();
  readonly #tokens = new Map<number, DeployToken[]>();
  #last = 0;

  hooks(project: Pick<Project, 'id'>): readonly Hook[] {
    return this.#hooks.get(project.id) ?? [];
  }

  deployTokens(project: Pick<Project, 'id'>): readonly DeployToken[] {
    return this.#tokens.get(project.id) ?? [];
  }

  setHooks(project: Project, hooks: readonly Hook[]): void {
    this.#hooks.set(project.id, [...hooks]);
  }

  setDeployTokens(project: Project, tokens: readonly DeployToken[]): void {
    this.#tokens.set(project.id, [...tokens]);
  }

  nextId(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** `/projects/:id/hooks` and below (https://docs.gitlab.com/api/project_webhooks/). */
export function onHooks(call: Call, state: ApiHooks, project: Project, url: URL, id?: string): Answer {
  const all = state.hooks(project);
  if (id === undefined && call.method === 'GET') return page(all.map(shown), call.query, url);
  const former = all.find((hook) => String(hook.id) === id);
  if (id !== undefined && former === undefined) return notFound('Not found');
  if (call.method === 'GET') return { status: 200, body: former && shown(former) };
  if (call.method === 'DELETE') {
    state.setHooks(
      project,
      all.filter((hook) => hook !== former),
    );
    return { status: 204 };
  }
  if (call.method !== (id === undefined ? 'POST' : 'PUT')) return notAllowed();
  const values = given(call);
  const refusal = id === undefined ? missing(values, 'url') : undefined;
  if (refusal !== undefined) return refusal;
  if (!/^https?:\/\//.test(String(values.url ?? former?.url))) {
    return { status: 422, body: { error: 'Invalid url given' } };
  }
  const hook = withValues(former ?? { ...emptyHook, id: state.nextId() }, values);
  state.setHooks(project, [...all.filter((each) => each !== former), hook]);
  return { status: id === undefined ? 201 : 200, body: shown(hook) };
}

/** A new webhook reports pushes, to an address whose certificate is verified (`app/models/hooks/web_hook.rb`). */
const emptyHook: Omit<Hook, 'id'> = {
  url: '',
  push_events: true,
  push_events_branch_filter: '',
  branch_filter_strategy: 'wildcard',
  enable_ssl_verification: true,
  custom_webhook_template: '',
  alert_status: 'executable',
  token: '',
};

function withValues(former: Hook, values: Readonly<Record<string, unknown>>): Hook {
  const text = (name: keyof Hook) => String(values[name] ?? former[name]);
  const flag = (name: keyof Hook) => text(name) === 'true';
  const branch_filter_strategy = text('branch_filter_strategy');
  const isMoved = former.url !== '' && text('url') !== former.url;
  return {
    id: former.id,
    url: text('url'),
    push_events: flag('push_events'),
    // For all branches there is no filter, whatever was sent (`app/models/concerns/web_hooks/hook.rb`); nor does a token follow to another address.
    push_events_branch_filter: branch_filter_strategy === 'all_branches' ? '' : text('push_events_branch_filter'),
    branch_filter_strategy,
    enable_ssl_verification: flag('enable_ssl_verification'),
    custom_webhook_template: text('custom_webhook_template'),
    // Only an answer to an event enables a webhook again (`app/services/web_hooks/log_execution_service.rb`).
    alert_status: former.alert_status,
    token: isMoved && values.token === undefined ? '' : text('token'),
  };
}

function shown({ token: _, ...hook }: Hook): object {
  return hook;
}

/** `/projects/:id/deploy_tokens` and below (https://docs.gitlab.com/api/deploy_tokens/#project-deploy-tokens). */
export function onDeployTokens(call: Call, state: ApiHooks, project: Project, url: URL, id?: string): Answer {
  const all = state.deployTokens(project);
  const public_ = ({ token: _, ...rest }: DeployToken) => ({
    ...rest,
    expires_at: null,
    revoked: false,
    expired: false,
  });
  if (id === undefined && call.method === 'GET') return page(all.map(public_), call.query, url);
  const former = all.find((token) => String(token.id) === id);
  if (id !== undefined && former === undefined) return notFound('Deploy Token Not Found');
  if (call.method === 'DELETE') {
    state.setDeployTokens(
      project,
      all.filter((token) => token !== former),
    );
    return { status: 204 };
  }
  if (id !== undefined || call.method !== 'POST') return notAllowed();
  const values = given(call);
  const refusal = missing(values, 'name', 'scopes');
  if (refusal !== undefined) return refusal;
  const number = state.nextId();
  const made: DeployToken = {
    id: number,
    name: String(values.name),
    username: `gitlab+deploy-token-${number}`,
    scopes: [values.scopes].flat().map(String),
    token: `gldt-${randomBytes(15).toString('base64url')}`,
  };
  state.setDeployTokens(project, [...all, made]);
  return { status: 201, body: { ...public_(made), token: made.token } };
}
