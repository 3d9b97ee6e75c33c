import { expect, test } from 'vitest';
import { readParliament } from './parliament.ts';

test('parliament: a finding is of a role and its file', () => {
  const line = JSON.stringify({
    issue: 'RESOURCE_MISMATCH',
    title: 'No resources match for the given action',
    severity: 'MEDIUM',
    detail: [{ action: 's3:GetObject', required_format: '*' }],
    location: { line: 1, filepath: 'iam/vendhost-dev-shop-deploy.deploy.json' },
  });
  expect(readParliament(`${line}\n`, 14)).toEqual({
    findings: [
      {
        tool: 'parliament',
        file: 'iam/vendhost-dev-shop-deploy.deploy.json',
        resource: 'vendhost-dev-shop-deploy',
        check: 'RESOURCE_MISMATCH',
        message: 'No resources match for the given action [{"action":"s3:GetObject","required_format":"*"}]',
      },
    ],
    seen: '14 policies',
  });
});
