import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { openGitlab } from '../../scripts/gitlab/api.ts';
import { readVariables, writeVariables } from '../../scripts/gitlab/variables.ts';
import { recorder } from '../builders/recorder.ts';
import { adopted, path, world } from '../scripts/tenant/setup/gitlab-world.ts';

interface Endpoint {
  readonly source: string;
  readonly params?: readonly string[];
  readonly fields: readonly (string | readonly string[])[];
}

const endpoints: Readonly<Record<string, Endpoint>> = parse(
  readFileSync(join(import.meta.dirname, 'gitlab-api.yml'), 'utf8'),
);

interface Sent {
  readonly endpoint: string | undefined;
  readonly call: string;
  /** Names of its parameters, in query and body. */
  readonly params: readonly string[];
  /** Names in its answer; none of a refusal. */
  readonly fields: readonly string[];
}

/** The endpoint of GitLab's that a call is: `{name}` is one encoded piece. */
function endpointOf(method: string, pathname: string): string | undefined {
  const pieces = pathname.replace(/^\/api\/v4/, '').split('/');
  return Object.keys(endpoints).find((key) => {
    const [verb, template = ''] = key.split(' ');
    const wanted = template.split('/');
    return (
      verb === method &&
      wanted.length === pieces.length &&
      wanted.every((piece, at) => piece.startsWith('{') || piece === pieces[at])
    );
  });
}

/** `actions`, and `actions.file_path` of what is in it. */
function namesIn(value: object): string[] {
  const names = Object.entries(value).flatMap(([name, inside]) => {
    const parts = [inside].flat().filter((part): part is object => typeof part === 'object' && part !== null);
    return [name, ...parts.flatMap((part) => namesIn(part).map((each) => `${name}.${each}`))];
  });
  return [...new Set(names)];
}

/** What goes between vending and the local GitLab from now on. */
function listen(): Sent[] {
  const sent: Sent[] = [];
  const original = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
    const url = new URL(String(input));
    const method = init.method ?? 'GET';
    const response = await original(input, init);
    const text = await response.clone().text();
    const answer = response.ok && text !== '' ? [JSON.parse(text)].flat() : [];
    const body = typeof init.body === 'string' ? namesIn(JSON.parse(init.body)) : [];
    const query = [...url.searchParams.keys()].filter((name) => !['page', 'per_page'].includes(name));
    sent.push({
      ...{ endpoint: endpointOf(method, url.pathname), call: `${method} ${url.pathname}` },
      params: [...query, ...body],
      fields: [...new Set(answer.flatMap((each: object) => Object.keys(each)))],
    });
    return response;
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  return sent;
}

const unknownIn = (sent: readonly Sent[]) =>
  sent.flatMap(({ endpoint, call, params, fields }) => {
    const known = endpoint === undefined ? undefined : endpoints[endpoint];
    if (known === undefined) return [`${call}: no such endpoint`];
    return [
      ...params.filter((name) => known.params?.includes(name) !== true).map((name) => `${call}: no parameter ${name}`),
      ...fields.filter((name) => !known.fields.flat().includes(name)).map((name) => `${call}: no field ${name}`),
    ];
  });

test('vending calls what GitLab has, by the names it has, and the local GitLab answers with fields of its', async () => {
  const sent = listen();
  const { vend, gitlab } = await world({ isPremium: true });
  await vend();
  const env = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token };
  const api = openGitlab(recorder(env), gitlab.address);
  if (api === undefined) throw new Error('no API');
  const change = { action: 'create', key: 'AWS_REGION', value: 'eu-west-1', scope: 'dev' } as const;
  await writeVariables(api, path, [change, { ...change, action: 'update' }]);
  await readVariables(api, path);

  const other = await world();
  const project = other.state.addProject(path);
  other.state.change(project, { ci_forward_deployment_enabled: false });
  other.setup().addFile('master', '.gitlab-ci.yml', 'include: []');
  other.setup().environments.push({ id: 1, name: 'dev', state: 'available', tier: 'other' });
  other.setup().runJobOf('vendhost-shop-dev');
  await other.vend({ ...adopted, pipelinePath: 'tenant.yml@platform/vendhost:v1.2.3' });

  expect(unknownIn(sent)).toEqual([]);
  // The table has nothing that nobody calls.
  expect(Object.keys(endpoints).filter((key) => !sent.some(({ endpoint }) => endpoint === key))).toEqual([]);
});

test('what GitLab does not have is found', () => {
  const odd = { endpoint: 'PUT /projects/{id}', call: 'PUT /projects/1', params: ['ci_odd'], fields: ['odd'] };
  expect(unknownIn([odd, { ...odd, endpoint: undefined }])).toEqual([
    'PUT /projects/1: no parameter ci_odd',
    'PUT /projects/1: no field odd',
    'PUT /projects/1: no such endpoint',
  ]);
});
