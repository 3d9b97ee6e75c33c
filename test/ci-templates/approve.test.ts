import { readFileSync } from 'node:fs';
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { jobFaults, structureFaults } from '../../scripts/ci/configuration-faults.ts';
import { readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import { previewPipeline } from '../local-gitlab/list.ts';
import { projectRoot, publishPlatform } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { approveTemplate } from './templates.ts';

vi.setConfig({ testTimeout: 180_000 });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-approve-'));
});

async function configurationWith(inputs: Readonly<Record<string, string>>) {
  const component = '$CI_SERVER_FQDN/platform/vendhost/approve@v0.1.0';
  const include = [{ component, inputs: { ...approveTemplate.required, environment: 'production', ...inputs } }];
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include }));
  return (await readPipelineFile(directory)).configuration as Record<string, Record<string, unknown>>;
}

test.each([
  'tested: "yes", by Grace',
  `it's $5 cheaper # really`,
  '", VENDHOST_EXECUTION_ID: "e-2',
  '- x: {y: &z',
  'yes',
  '',
])('a reason is data, whatever is in it: %j', async (reason) => {
  const { '.vendhost': job } = await configurationWith({ reason });
  expect(Object.keys(job?.variables as object).sort()).toEqual(['GIT_STRATEGY', 'VENDHOST_REASON', 'VENDHOST_VERBOSE']);
  expect(job?.variables).toMatchObject({ VENDHOST_REASON: { value: reason, expand: false } });
});

test.each(['\n', '\r', '\u0085', '\u2028'])('no reason goes on behind its line: %j', async (end) => {
  await expect(configurationWith({ reason: `x${end}    when: always` })).rejects.toThrow('1 fault');
});

test('tenant and environment are those of the protected environment, not of a variable that starts the pipeline', async () => {
  const configuration = await configurationWith({});
  expect(configuration['.vendhost']).toMatchObject({ environment: { name: 'production/shop' } });
  const scripts = ['waiting', 'approve', 'reject'].map((job) => configuration[`.vendhost-${job}`]?.script);
  const where = '--tenant "shop" --environment "production"';
  const shown = '--execution "$VENDHOST_EXECUTION_ID" --revision "$VENDHOST_REVISION_KEY"';
  expect(scripts).toEqual([
    [`vendhost release waiting ${where} --dotenv waiting.env`],
    [`vendhost release approve ${where} ${shown}`],
    [`vendhost release reject ${where} ${shown}`],
  ]);
});

// GitLab reads the file for each push, with the defaults of the inputs, and a fault of it is a failed pipeline, whatever `workflow` says.
test('a push to the project is no fault, and no pipeline', async () => {
  const whole = parseAllDocuments(
    readFileSync(join(projectRoot, 'examples/approvals/.gitlab-ci.yml'), 'utf8'),
  )[0]?.toJS();
  const defaults = Object.entries(whole.spec.inputs as Record<string, { default: string }>);
  const configuration = await configurationWith(
    Object.fromEntries(defaults.map(([name, each]) => [name, each.default])),
  );
  expect([...jobFaults(configuration), ...structureFaults(configuration)]).toEqual([]);
  expect(configuration.waiting).toMatchObject({ environment: { name: 'production/-' } });
  const [rule] = (configuration.workflow as { rules: object[] }).rules;
  expect(rule).toEqual({ if: '"-" == "-"', when: 'never' });
});

test.each(['', 'shop/', 'Shop', '--'])('no tenant is called %j', async (tenant) => {
  await expect(configurationWith({ tenant })).rejects.toThrow('1 fault');
});

test('the example is a pipeline of its project, which is beside the library in one group', async () => {
  const gitHost = join(directory, 'git-host');
  const platform = await publishPlatform({ directory: gitHost, gitlab: defaultGitlab });
  const repository = join(directory, 'approvals');
  await cp(join(projectRoot, 'examples/approvals'), repository, { recursive: true });
  const reason = 'tested: "yes" # and no';
  const text = await previewPipeline({
    ...{ tenantRepository: await createRepository(repository, {}, 'main'), projectPath: 'platform/approvals' },
    ...{ event: 'web', branch: 'main', defaultBranch: 'main', directory: join(directory, 'runs'), platform },
    inputs: { tenant: 'shop', environment: 'production', reason },
  });
  const { waiting, approve } = parse(text, { merge: true });
  expect([waiting.environment.name, approve.when]).toEqual(['production/shop', 'manual']);
  expect(approve.variables.VENDHOST_REASON).toBe(reason);
});

test("the example's own inputs are one line each, and its reason a text", () => {
  const text = readFileSync(join(projectRoot, 'examples/approvals/.gitlab-ci.yml'), 'utf8');
  const spec = parseAllDocuments(text)[0]?.toJS().spec.inputs;
  for (const { regex, options } of Object.values<{ regex?: string; options?: string[] }>(spec)) {
    expect(options ?? regex).toBeDefined();
    if (regex !== undefined) expect('shop\n  x: y').not.toMatch(new RegExp(regex));
  }
  const filled = text.replaceAll('$[[ inputs.reason ]]', 'tested: "yes" # and no');
  const { include } = parseAllDocuments(filled)[1]?.toJS() ?? {};
  expect(include[0].inputs.reason).toBe('tested: "yes" # and no');
});
