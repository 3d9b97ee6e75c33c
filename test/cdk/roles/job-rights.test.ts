import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { expect, test } from 'vitest';
import { readRole } from './read-role.ts';
import { accessApp, tenantApp } from './stacks.ts';

/** Rights of jobs that no command of `scripts/` asks for by name, and who needs them. */
const indirect: Readonly<Record<string, string>> = {
  'codedeploy:GetApplicationRevision': 'CodeDeploy checks it for CreateDeployment',
  'codedeploy:GetDeploymentConfig': 'CodeDeploy checks it for CreateDeployment',
  'codedeploy:RegisterApplicationRevision': 'CodeDeploy checks it for CreateDeployment',
  'cloudformation:TagResource': 'CloudFormation checks it when a stack has tags',
  'cloudformation:UntagResource': 'CloudFormation checks it when a stack loses tags',
  'ec2:DescribeSubnets': 'CloudFormation checks a parameter of that type for a change set',
  'ec2:DescribeVpcs': 'CloudFormation checks a parameter of that type for a change set',
  'iam:PassRole': 'EC2 and CloudFormation check it',
  'kms:Decrypt': 'S3 checks it when an object is read',
  'kms:GenerateDataKey': 'S3 checks it when an object is written',
  's3:ListBucket': 'S3 checks it for ListObjectsV2, and for a missing object',
};

async function rightsOfJobs(): Promise<string[]> {
  const roles = [
    ...['plan', 'deploy'].map((role) => readRole(accessApp(), `vendhost-platform-dev-${role}`)),
    ...['plan', 'deploy'].map((role) => readRole(tenantApp(), `vendhost-dev-shop-${role}`)),
  ];
  // What CloudFormation reads for drift detection is compared with its registry: test/judges/iam/read-handlers.ts.
  const own = roles.flatMap(({ statements }) => statements.filter(({ sid }) => !sid.startsWith('Drift')));
  return [...new Set(own.flatMap(({ actions }) => actions))].sort();
}

async function callsOfScripts(): Promise<Set<string>> {
  const cwd = join(import.meta.dirname, '../../../scripts');
  const sources = await Promise.all((await glob('**/*.ts', { cwd })).map((file) => readFile(join(cwd, file), 'utf8')));
  const calls = sources.flatMap((source) => [...source.matchAll(/\b(?:paginate([A-Z]\w+)|([A-Z]\w+)Command)\b/g)]);
  return new Set(calls.map(([, paged, sent]) => (paged ?? sent) as string));
}

test('jobs have no right that nobody uses', async () => {
  const calls = await callsOfScripts();
  const direct = (action: string) => calls.has(action.split(':')[1] as string);
  const rights = await rightsOfJobs();
  expect(rights.filter((action) => !direct(action) && indirect[action] === undefined)).toEqual([]);
  expect(Object.keys(indirect).filter((action) => direct(action) || !rights.includes(action))).toEqual([]);
});
