import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { everyInput, neededJobs } from './every-input.ts';
import { type Expander, openExpander } from './expand.ts';
import { schemaFaults } from './gitlab-schema.ts';
import { goldenText } from './golden.ts';
import { page } from './reference.ts';
import { baseFile, jobNames, pipelines, platformPipeline, template, tenantPipeline } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let expander: Expander;
beforeAll(async () => {
  expander = await openExpander();
});
afterAll(() => expander.close());

const named = pipelines.map((pipeline) => [pipeline.file, pipeline] as const);

describe.each(named)('%s', (file, pipeline) => {
  const name = file.replace('.gitlab-ci.yml', '');

  test('with nothing but its required inputs is valid, and what was reviewed', async () => {
    const document = await expander.expand({ include: [expander.include(file, pipeline.required)] });
    expect(schemaFaults(document)).toEqual([]);
    await expect(goldenText(`${file} with its defaults`, document)).toMatchFileSnapshot(`golden/${name}.yml`);
  });

  test('with every input set is valid, and what was reviewed', async () => {
    const inputs = everyInput(pipeline);
    expect(Object.keys(inputs).sort()).toEqual(Object.keys(template(file).spec.inputs).sort());
    const document = await expander.expand({
      include: [expander.include(file, inputs)],
      ...neededJobs(pipeline),
    });
    expect(schemaFaults(document)).toEqual([]);
    const jobs = Object.entries(document).filter(([key]) => !key.startsWith('lint-'));
    const text = goldenText(`${file} with every input set (every-input.ts)`, Object.fromEntries(jobs));
    await expect(text).toMatchFileSnapshot(`golden/${name}-every-input.yml`);
  });
});

test('job files one by one are valid, and a hidden job can be overridden', async () => {
  const document = await expander.expand({
    stages: ['all'],
    include: [
      expander.include(baseFile, { tenant: 'shop' }),
      ...jobNames.map((job) => expander.include(`${job}.gitlab-ci.yml`, { stage: 'all' })),
    ],
    '.vendhost': { variables: { VENDHOST_ENVIRONMENT: 'dev' } },
    '.vendhost-bake': { before_script: ['echo mine'] },
  });
  expect(schemaFaults(document)).toEqual([]);
  expect(document.bake).toMatchObject({
    stage: 'all',
    before_script: ['echo mine'],
    variables: { VENDHOST_TENANT: 'shop', VENDHOST_ENVIRONMENT: 'dev' },
  });
});

describe('the examples in docs/templates.md', () => {
  test("a tenant's inputs, job and hidden job", async () => {
    const document = await expander.expand({
      ...exampleWith('bake_rules'),
      ...exampleWith('.vendhost-bake'),
    });
    expect(schemaFaults(document)).toEqual([]);
    expect(document.package?.needs).toContainEqual(expect.objectContaining({ job: 'unit-tests', optional: true }));
    expect(document.bake).toMatchObject({
      tags: ['inside-the-vpc'],
      variables: { VENDHOST_TENANT: 'shop', GIT_DEPTH: '1' },
      rules: expect.arrayContaining([{ if: '$CI_COMMIT_MESSAGE =~ /\\[skip bake\\]/', when: 'never' }]),
    });
  });

  test('a plan every night', async () => {
    const { inputs } = exampleWith('schedule') as { inputs: Record<string, unknown> };
    const document = await expander.expand({ include: [expander.include(platformPipeline.file, inputs)] });
    expect(schemaFaults(document)).toEqual([]);
    expect(document['plan-dev']?.rules).toContainEqual({
      if: '$CI_PIPELINE_SOURCE == "schedule"',
      allow_failure: false,
    });
  });
});

/** The page's example that has this text. */
function exampleWith(text: string): Readonly<Record<string, unknown>> {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return parse(blocks.find((block) => block.includes(text)) ?? '');
}

test.each([
  [tenantPipeline.file, { tenant: 'No Good' }],
  [platformPipeline.file, { environments: 'dev test' }],
  [platformPipeline.file, { environments: 'dev,staging' }],
  [platformPipeline.file, { automatic: 'none dev' }],
])('%s refuses %o', async (file, inputs) => {
  await expect(expander.expand({ include: [expander.include(file, inputs)] })).rejects.toThrow(
    'does not match required regex',
  );
});
