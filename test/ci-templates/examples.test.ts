import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parseAllDocuments, type ScalarTag, stringify } from 'yaml';
import { projectRoot } from '../local-gitlab/platform.ts';
import { type Expander, openExpander } from './expand.ts';
import { schemaFaults } from './gitlab-schema.ts';
import { platformTemplate, type Template, tenantTemplate } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let expander: Expander;
beforeAll(async () => {
  expander = await openExpander();
});

/** Every example of a page, with the template of the project it is for. */
function examplesIn(page: string): [title: string, text: string, template: Template][] {
  const text = readFileSync(join(projectRoot, page), 'utf8');
  const platformsPart = text.search(/^## (The platform's project|For a platform owner)$/m);
  return [...text.matchAll(/^(?<indent> *)```yaml\n(?<text>.*?)^ *```$/gms)].map((match, index) => [
    `${page}, example ${index + 1}`,
    match.groups?.text?.replaceAll(new RegExp(`^${match.groups.indent}`, 'gm'), '') ?? '',
    match.index < platformsPart ? tenantTemplate : platformTemplate,
  ]);
}

const examples = [...examplesIn('docs/templates.md'), ...examplesIn('README.md')];

test('there are examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(14);
});

/** The text of an example in the `.gitlab-ci.yml` of a project, which includes the template if the example does not. */
function fileOf(text: string, template: Template): string {
  const include = [expander.include(template.file, template.required)];
  return 'include' in read(text) ? text : `${stringify({ include })}${text}`;
}

test.each(examples)('%s works as it is written', async (_, text, template) => {
  const document = await expander.expand(fileOf(text, template));
  expect(schemaFaults(document)).toEqual([]);
  expect(Object.keys(document)).toEqual(expect.arrayContaining(jobsOfOwn(read(text))));
});

const reference = { tag: '!reference', collection: 'seq' } as unknown as ScalarTag;
/** What follows the header of a file with inputs of its own (https://docs.gitlab.com/ci/yaml/#spec). */
const read = (text: string): Record<string, unknown> =>
  parseAllDocuments(text, { customTags: [reference] })
    .at(-1)
    ?.toJS();

/** Jobs that an example adds; what it says under a hidden name is in the template's jobs. */
function jobsOfOwn(example: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(example).filter((name) => !name.startsWith('.') && name !== 'include');
}

describe('what the examples say under hidden names', () => {
  const expanded = async (part: string) => {
    const [, text = '', template = tenantTemplate] = examples.find((example) => example[1].includes(part)) ?? [];
    return await expander.expand(fileOf(text, template));
  };

  test('a job of the tenant, needs and limits', async () => {
    const document = await expanded('unit-tests');
    expect(document.package?.needs).toEqual([expect.objectContaining({ job: 'unit-tests' })]);
    expect(document.bake).toMatchObject({ tags: ['inside-the-vpc'], timeout: '2h' });
  });

  test('rules of the tenant come first', async () => {
    const document = await expanded('[skip bake\\]');
    const [first, second] = [document.bake?.rules].flat();
    const [others] = [document.release?.rules].flat();
    expect(first).toEqual({ if: '$CI_COMMIT_MESSAGE =~ /\\[skip bake\\]/', when: 'never' });
    expect(second).toEqual(others);
  });

  test('a failure that is none, a group, an image', async () => {
    const document = await expanded('allow_failure: true');
    expect(document.validate).toMatchObject({ allow_failure: true });
    expect(document.provision).toMatchObject({ resource_group: 'shop-$VENDHOST_ENVIRONMENT' });
    const { bake } = await expanded('mirror/vendhost@');
    expect(bake?.image).toEqual({ name: expect.stringContaining('@sha256:') });
  });

  test('a plan every night', async () => {
    const document = await expanded('expire_in: 1 month');
    expect(document['plan-every-night']).toMatchObject({
      rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule"' }],
      script: ['vendhost platform plan --report report.json'],
    });
    expect(document['plan-every-night']).not.toHaveProperty('allow_failure');
    expect(document['prepare-production']).toMatchObject({ artifacts: { expire_in: '1 month', paths: ['plan.json'] } });
  });
});
