import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deprecatedInputs } from '../../../scripts/ci/template-inputs.ts';
import { checkDeprecatedInputs, deprecationFindings } from '../../../scripts/repository/deprecated-inputs.ts';
import { templates } from '../../ci-templates/templates.ts';

const declared = {
  tenant: { description: 'Name of the tenant' },
  staging_branch: { description: 'Deprecated: use environments, which takes all of them', default: 'staging' },
};

test('an input that is given and deprecated is a warning with what to use; one that is not given is none', () => {
  expect(deprecatedInputs(declared, { tenant: 'shop' })).toEqual([]);
  const deprecated = deprecatedInputs(declared, { tenant: 'shop', staging_branch: 'stage' });
  expect(deprecated).toEqual([{ input: 'staging_branch', instead: 'use environments, which takes all of them' }]);
  expect(deprecationFindings([{ name: 'tenant', deprecated }])).toEqual([
    {
      severity: 'warning',
      file: '.gitlab-ci.yml',
      path: 'include: inputs.staging_branch',
      message: 'tenant.yml will not have it in the next major version: use environments, which takes all of them',
    },
  ]);
});

test('of a project: no warning where every input of a template is given, as long as none is deprecated', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'deprecated-inputs-'));
  expect(await checkDeprecatedInputs(directory)).toEqual([]);
  const inputs = 'inputs: { tenant: shop, image: registry.example.test/vendhost, staging_branch: stage }';
  await writeFile(
    join(directory, '.gitlab-ci.yml'),
    `include:\n  - component: $CI_SERVER_FQDN/platform/vendhost/tenant@v0.1.0\n    ${inputs}\n`,
  );
  const marked = templates.flatMap(({ spec }) =>
    Object.entries(spec.inputs).filter(([, { description }]) => /^Deprecated/.test(String(description))),
  );
  expect(await checkDeprecatedInputs(directory)).toHaveLength(
    marked.filter(([name]) => ['tenant', 'image', 'staging_branch'].includes(name)).length,
  );
});
