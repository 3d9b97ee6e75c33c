import { expect, test } from 'vitest';
import { readCfnLint } from './cfn-lint.ts';
import { readCheckov } from './checkov.ts';
import { lineOf } from './findings.ts';
import type { JudgedTemplate } from './templates.ts';

const file = 'dev/vendhost-dev-storage.json';
const templates: JudgedTemplate[] = [
  {
    file,
    made: 'StorageStack',
    template: { Resources: { LogBucket: { Type: 'AWS::S3::Bucket' }, Trail: { Type: 'AWS::CloudTrail::Trail' } } },
  },
];

const versioning = {
  check_id: 'CKV_AWS_21',
  check_name: 'Ensure the S3 bucket has versioning enabled',
  check_result: { result: 'FAILED', evaluated_keys: ['Properties/VersioningConfiguration/Status'] },
  file_path: `/${file}`,
  file_line_range: [102, 150],
  resource: 'AWS::S3::Bucket.LogBucket',
  guideline: null,
};

function checkovReport({ failed = [versioning], skipped = [] as object[], unread = [] as string[], count = 2 } = {}) {
  const passed = [{ ...versioning, check_id: 'CKV_AWS_53' }];
  return JSON.stringify({
    check_type: 'cloudformation',
    results: { passed_checks: passed, failed_checks: failed, skipped_checks: skipped, parsing_errors: unread },
    summary: { passed: 1, failed: failed.length, resource_count: count, checkov_version: '3.3.30' },
  });
}

const found = {
  tool: 'checkov',
  file,
  resource: 'AWS::S3::Bucket.LogBucket',
  check: 'CKV_AWS_21',
  message: 'Ensure the S3 bucket has versioning enabled',
};

test('checkov: what failed', () => {
  expect(readCheckov(checkovReport(), templates)).toEqual({ findings: [found], seen: '1 templates, 1 checks passed' });
});

test('checkov: a check switched off in a template is a finding', () => {
  expect(readCheckov(checkovReport({ failed: [], skipped: [versioning] }), templates).findings).toEqual([
    { ...found, message: `switched off in the template: ${found.message}` },
  ]);
});

test('checkov: what it did not read is an error', () => {
  const unread = checkovReport({ unread: [`/${file}`] });
  expect(() => readCheckov(unread, templates)).toThrow(`checkov read 2 of 2 resources: /${file}`);
  expect(() => readCheckov(checkovReport({ count: 1 }), templates)).toThrow('checkov read 1 of 2 resources');
  // What it prints when it found no template at all.
  expect(() => readCheckov('{"passed": 0, "failed": 0, "resource_count": 0}', templates)).toThrow();
});

function cfnLintReport(path: (string | number)[] | null) {
  const rule = { Id: 'W3005', Description: 'Check if DependsOn is specified if not needed.' };
  return JSON.stringify([
    { Filename: file, Level: 'Warning', Message: 'dependency already enforced', Rule: rule, Location: { Path: path } },
  ]);
}

test.each([
  [['Resources', 'Trail', 'DependsOn', 2], 'AWS::CloudTrail::Trail.Trail'],
  [['Parameters', 'VpcId'], 'Parameters.VpcId'],
  [['Resources', 'Gone'], 'Resources.Gone'],
  [['Outputs'], 'Outputs'],
  [null, 'template'],
])('cfn-lint: %j is %s', (path, resource) => {
  const expected = { tool: 'cfn-lint', file, resource, check: 'W3005', message: 'dependency already enforced' };
  expect(readCfnLint(cfnLintReport(path), templates).findings).toEqual([expected]);
});

test('a finding is one line, however much the tool says', () => {
  const finding = { ...found, tool: 'checkov' as const };
  expect(lineOf(finding)).toBe(
    'dev/vendhost-dev-storage.json: AWS::S3::Bucket.LogBucket: CKV_AWS_21: Ensure the S3 bucket has versioning enabled',
  );
  expect(lineOf({ ...finding, message: 'long '.repeat(100) }).length).toBeLessThan(300);
});
