import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { everyInput, neededJobs } from './every-input.ts';
import { type Expander, openExpander } from './expand.ts';
import { schemaFaults } from './gitlab-schema.ts';
import { goldenText } from './golden.ts';
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
