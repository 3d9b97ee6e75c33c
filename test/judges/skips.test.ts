import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Finding } from './findings.ts';
import { readSkips, type Skip, sortFindings } from './skips.ts';

const finding: Finding = {
  tool: 'checkov',
  file: 'dev/vendhost-dev-storage.json',
  resource: 'AWS::S3::Bucket.LogBucket7273C8DB',
  check: 'CKV_AWS_21',
  message: 'Ensure the S3 bucket has versioning enabled',
};

const skip: Skip = {
  tool: 'checkov',
  check: 'CKV_AWS_21',
  resource: 'AWS::S3::Bucket.LogBucket*',
  template: '*',
  reason: 'Logs are written once and expire.',
};

test('an entry answers its findings, in every template it names', () => {
  const staging = { ...finding, file: 'staging/vendhost-staging-storage.json' };
  expect(sortFindings([finding, staging], [skip])).toEqual({ open: [], answered: new Map([[skip, 2]]), stale: [] });
  const dev = { ...skip, template: 'dev/*' };
  expect(sortFindings([finding, staging], [dev])).toEqual({
    open: [staging],
    answered: new Map([[dev, 1]]),
    stale: [],
  });
});

test.each<Partial<Skip>>([
  { tool: 'cfn-lint' },
  { check: 'CKV_AWS_2' },
  { check: 'CKV_AWS_18' },
  { resource: 'AWS::S3::Bucket' },
  { resource: 'AWS::S3::Bucket.*9' },
  { resource: 'AWS::S3::.*' },
  { template: 'production/*' },
  // The dots and brackets of a pattern are themselves.
  { template: 'dev.vendhost-dev-storage.json' },
])('one that says otherwise does not, and is stale: %o', (changes) => {
  const other = { ...skip, ...changes };
  expect(sortFindings([finding], [other])).toEqual({ open: [finding], answered: new Map(), stale: [other] });
});

test('an entry is stale when an earlier one says it already', () => {
  const again = { ...skip, resource: '*' };
  expect(sortFindings([finding], [skip, again]).stale).toEqual([again]);
});

test('every fault of the file is named', async () => {
  const file = join(tmpdir(), 'skips-with-faults.yml');
  await writeFile(
    file,
    `- { tool: checkov, check: CKV_AWS_21, resource: "*" }
- { tool: checkov, check: CKV_AWS_21, resource: "*", reason: "because of it" }
- { tool: tflint, check: CKV_AWS_21, resource: "*", reason: "It is a tool that nobody runs here." }
- { tool: checkov, check: all, resource: "*", reason: "A reason as good as any, for everything." }
`,
  );
  const error = await readSkips(file).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: `4 faults in ${file}` });
  expect((error as { details: string[] }).details).toEqual([
    `${file}: 0.reason: missing: must be a text`,
    `${file}: 1.reason: "because of it" is wrong: must be at least 20 characters`,
    `${file}: 2.tool: "tflint" is wrong: must be one of cfn-lint, checkov, parliament`,
    `${file}: 3.check: "all" is wrong: must be the id of a check, like CKV_AWS_21 or W3005`,
  ]);
});

test('the list of this project can be read', async () => {
  expect(await readSkips(join(import.meta.dirname, 'skips.yml'))).not.toEqual([]);
});
