import { beforeAll, describe, expect, test, vi } from 'vitest';
import { jobFaults, structureFaults } from '../../scripts/ci/configuration-faults.ts';
import { version } from '../local-gitlab/platform.ts';
import { everyInput } from './every-input.ts';
import { type Expander, openExpander } from './expand.ts';
import { schemaFaults } from './gitlab-schema.ts';
import { goldenText } from './golden.ts';
import {
  besideOthers,
  driftTemplate,
  operationsTemplate,
  platformTemplate,
  templates,
  tenantTemplate,
  upkeepTemplate,
} from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let expander: Expander;
beforeAll(async () => {
  expander = await openExpander();
});

describe.each(templates.map((template) => [template.file, template] as const))('%s', (file, template) => {
  const name = file.replace('.yml', '');
  // It has no stages of its own.
  // It stands beside the tenant's, whose stages and rules it has.
  const beside = (inputs: Readonly<Record<string, unknown>>) =>
    template === operationsTemplate ? [expander.include(tenantTemplate.file, inputs)] : [];
  const alone = besideOthers.includes(template) && template !== operationsTemplate;
  const stages = alone ? { stages: ['validate', 'plan', 'release'] } : {};

  test('with nothing but its required inputs is valid, and what was reviewed', async () => {
    const document = await expander.expand({
      ...stages,
      include: [...beside(tenantTemplate.required), expander.include(file, template.required)],
    });
    expect([...schemaFaults(document), ...jobFaults(document), ...structureFaults(document)]).toEqual([]);
    await expect(goldenText(`${file} with its defaults`, document, await version())).toMatchFileSnapshot(
      `golden/${name}.yml`,
    );
  });

  test('with every input set is valid, and what was reviewed', async () => {
    const inputs = everyInput(template);
    expect(Object.keys(inputs).sort()).toEqual(Object.keys(template.spec.inputs).sort());
    const document = await expander.expand({
      ...stages,
      include: [...beside(everyInput(tenantTemplate)), expander.include(file, inputs)],
    });
    expect([...schemaFaults(document), ...jobFaults(document), ...structureFaults(document)]).toEqual([]);
    const text = goldenText(`${file} with every input set (every-input.ts)`, document, await version());
    await expect(text).toMatchFileSnapshot(`golden/${name}-every-input.yml`);
  });

  test('is the same as a component', async () => {
    const [project, component] = await Promise.all(
      (['project', 'component'] as const).map((form) =>
        expander.expand({
          ...stages,
          include: [...beside(everyInput(tenantTemplate)), expander.include(file, everyInput(template), form)],
        }),
      ),
    );
    expect(component).toEqual(project);
  });
});

test.each([
  [tenantTemplate, { tenant: 'No Good' }, 'does not match required regex'],
  [tenantTemplate, { image: 'registry.example.test/vendhost:0.1.0' }, 'does not match required regex'],
  [tenantTemplate, { directory: 'shop' }, 'does not match required regex'],
  [tenantTemplate, { infrastructure: 'never' }, 'allowed options'],
  [platformTemplate, { environments: 'dev test' }, 'does not match required regex'],
  [platformTemplate, { environments: 'dev,staging' }, 'does not match required regex'],
  [platformTemplate, { automatic: 'none dev' }, 'does not match required regex'],
  [upkeepTemplate, { updates: 'sometimes' }, 'allowed options'],
  [driftTemplate, { tenant: 'No Good' }, 'does not match required regex'],
  [operationsTemplate, { operation: 'destroy' }, 'allowed options'],
  [operationsTemplate, { instance: 'i-0a; id' }, 'does not match required regex'],
])('$0.file refuses $1', async ({ file, required }, inputs, message) => {
  const include = [expander.include(file, { ...required, ...inputs })];
  await expect(expander.expand({ include })).rejects.toThrow(message);
});

describe('two tenants in one repository', () => {
  const second = {
    tenant: 'blog',
    job_prefix: 'blog ',
    environment_prefix: 'blog/',
    directory: 'blog/',
    infrastructure: 'changed',
  };

  test('share no job, hidden or not, no environment, no resource group and no variable', async () => {
    const file = tenantTemplate.file;
    const both = await expander.expand({
      include: [
        expander.include(file, { ...tenantTemplate.required }),
        expander.include(file, { ...tenantTemplate.required, ...second }),
      ],
    });
    const alone = await expander.expand({ include: [expander.include(file, tenantTemplate.required)] });
    const other = await expander.expand({
      include: [expander.include(file, { ...tenantTemplate.required, ...second })],
    });
    expect(schemaFaults(both)).toEqual([]);
    expect(both).toEqual({ ...alone, ...other });
    const own = Object.entries(both).filter(([name]) => name.startsWith('blog '));
    expect(own).toHaveLength(6);
    const text = JSON.stringify(own);
    expect(text).not.toContain('shop');
    expect(own.map(([, job]) => job.resource_group).filter(Boolean)).toEqual([
      'vendhost-blog-$VENDHOST_ENVIRONMENT',
      'vendhost-blog-$VENDHOST_ENVIRONMENT',
    ]);
  });
});
