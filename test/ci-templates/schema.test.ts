import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../local-gitlab/platform.ts';
import { schemaFaults } from './gitlab-schema.ts';
import { templates } from './templates.ts';

test.each(templates.map(({ file, spec }) => [file, spec] as const))('the header of %s is valid', (_, spec) => {
  expect(schemaFaults({ spec })).toEqual([]);
});

test("the project's own pipeline is valid", async () => {
  expect(schemaFaults(parse(await readFile(join(projectRoot, '.gitlab-ci.yml'), 'utf8')))).toEqual([]);
});

test('the schema refuses what GitLab refuses', () => {
  const job = { script: ['true'] };
  expect(schemaFaults({ job: { ...job, retry: { max: 1, when: ['bad luck'] } } })).not.toEqual([]);
  expect(schemaFaults({ job: { ...job, needs: [{ jobs: 'typo' }] } })).not.toEqual([]);
  expect(schemaFaults({ spec: { inputs: { tenant: { type: 'text' } } } })).not.toEqual([]);
  expect(schemaFaults({ job })).toEqual([]);
});
