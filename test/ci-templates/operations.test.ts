import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { pipelineFor } from '../../scripts/ci/explained-pipeline.ts';
import type { Happening } from '../../scripts/ci/pipeline-event.ts';
import { readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import { projectRoot } from '../local-gitlab/platform.ts';
import { operationsTemplate, tenantTemplate } from './templates.ts';

const all = [
  'restart',
  'replace',
  'run',
  'rollback',
  'promote',
  'promote-image',
  'logs',
  'maintenance-on',
  'maintenance-off',
];
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-operations-'));
});

const component = (name: string) => `$CI_SERVER_FQDN/platform/vendhost/${name}@v0.1.0`;

async function configurationWith(inputs: Readonly<Record<string, string>>) {
  const include = [
    { component: component('tenant'), inputs: tenantTemplate.required },
    { component: component('operations'), inputs: { ...operationsTemplate.required, ...inputs } },
  ];
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include }));
  return (await readPipelineFile(directory)).configuration;
}

/** The jobs of this template that a pipeline has, each with its environment. */
async function operations(operation: string, happening: Happening): Promise<string[]> {
  const { jobs } = pipelineFor(await configurationWith({ operation }), { defaultBranch: 'main', ...happening }, []);
  return jobs
    .filter(({ name, runs }) => runs && all.includes(name))
    .map(({ name, environment }) => `${name} ${environment}`);
}

test.each(all)('%s is the one job of its operation, on the branch of an environment', async (operation) => {
  expect(await operations(operation, { event: 'web', branch: 'dev' })).toEqual([`${operation} dev`]);
  expect(await operations(operation, { event: 'web', branch: 'master' })).toEqual([`${operation} production`]);
});

test.each<[string, Happening]>([
  ['a push', { event: 'push', branch: 'dev' }],
  ['a schedule', { event: 'schedule', branch: 'dev' }],
  ['a tag', { event: 'tag', branch: 'v1' }],
  ['a merge request', { event: 'merge_request', branch: 'feature/cart', target: 'dev' }],
  ['another branch', { event: 'web', branch: 'feature/cart' }],
])('%s starts none, whatever the inputs are', async (_, happening) => {
  expect(await operations('restart', happening)).toEqual([]);
});

test('a pipeline that was started without an operation has none', async () => {
  expect(await operations('none', { event: 'web', branch: 'dev' })).toEqual([]);
});

test('logs are read while a release is under way: they wait for nothing that changes the host', async () => {
  const configuration = await configurationWith({ operation: 'logs' });
  expect(configuration.logs).not.toHaveProperty('resource_group');
  expect(configuration.restart).toHaveProperty('resource_group');
});

test('what a person writes is data: no line of a script has it, and nothing in it is replaced', async () => {
  const command = 'echo "$CI_JOB_TOKEN" }; $(id) `id` \' # - x: {y: &z';
  const configuration = await configurationWith({ operation: 'run', command, reason: command });
  const run = configuration['.vendhost-run'] as Record<string, unknown>;
  expect(run.script).toEqual(['vendhost host run']);
  const { variables } = configuration['.vendhost-operation'] as Record<string, Record<string, unknown>>;
  expect(variables).toMatchObject({
    VENDHOST_COMMAND: { value: command, expand: false },
    VENDHOST_REASON: { value: command, expand: false },
  });
});

test("what the page's example is asked for is text, whatever it looks like", async () => {
  const page = readFileSync(join(projectRoot, 'docs/templates.md'), 'utf8');
  const example = /^## Operations$.*?^```yaml\n(?<text>.*?)^```$/ms.exec(page)?.groups?.text ?? '';
  const given = { operation: 'rollback', instance: '', command: 'a: "b" # c', revision: '01234567', reason: '- no' };
  const filled = example.replaceAll(/\$\[\[ inputs\.(\w+) \]\]/g, (_, name: keyof typeof given) => given[name]);
  const [spec, body] = parseAllDocuments(filled).map((document) => document.toJS());
  expect(Object.keys(spec.spec.inputs).sort()).toEqual(Object.keys(given).sort());
  expect(spec.spec.inputs.operation.options).toEqual(['none', ...all]);
  expect(body.include[1].inputs).toEqual({ ...operationsTemplate.required, ...given, image: expect.any(String) });
  for (const { regex = '', options } of Object.values<{ regex?: string; options?: string[] }>(spec.spec.inputs)) {
    if (options === undefined) expect([regex === '', new RegExp(regex).test('x\n  y: z')]).toEqual([false, false]);
  }
});

test.each(['\n', '\r', '\u0085', '\u2028'])('no text goes on behind its line: %j', async (end) => {
  const line = `id${end}evil: { script: [id] }`;
  await expect(configurationWith({ operation: 'run', command: line })).rejects.toThrow('1 fault');
  await expect(configurationWith({ operation: 'restart', reason: line })).rejects.toThrow('1 fault');
});
