import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { cacheDirectory, pythonDirectory, pythonWith } from '../python.ts';

type Answer = readonly [service: string, operation: string, status: number, content: string];

/** What the cloud finds wrong with answers before they leave it. */
async function faultsOf(...answers: Answer[]): Promise<string[][]> {
  const env = { PYTHONPATH: pythonDirectory, PYTHONPYCACHEPREFIX: join(cacheDirectory, 'pycache') };
  const python = await pythonWith('requirements.txt', () => undefined);
  const { stdout } = await execa(python, [join(import.meta.dirname, 'answers_of.py')], {
    env,
    input: JSON.stringify(answers),
  });
  return JSON.parse(stdout) as string[][];
}

const json = (service: string, operation: string, body: object, status = 200): Answer => [
  service,
  operation,
  status,
  JSON.stringify(body),
];
const xml = (service: string, operation: string, result: string): Answer => [
  service,
  operation,
  200,
  service === 'ec2'
    ? `<${operation}Response>${result}<requestId>1</requestId></${operation}Response>`
    : `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`,
];

test('an answer in JSON has the members, types and values of the model', async () => {
  const config = (type: string) => ({ deploymentConfigInfo: { minimumHealthyHosts: { type, value: 1 } } });
  expect(
    await faultsOf(
      json('codepipeline', 'PutApprovalResult', { approvedAt: 1.5 }),
      json('codepipeline', 'PutApprovalResult', { approvedAt: '2026-01-01' }),
      json('codepipeline', 'ListPipelineExecutions', { pipelineExecutionSummaries: [{ status: 'Done' }] }),
      json('codepipeline', 'ListTagsForResource', { tags: [{ key: 'a' }] }),
      json('codedeploy', 'CreateDeployment', { deploymentID: 'd-1' }),
      json('codedeploy', 'GetDeploymentConfig', config('MOST_CONCURRENCY')),
      json('codedeploy', 'GetDeploymentConfig', config('MOST')),
    ),
  ).toEqual([
    [],
    ['PutApprovalResult.approvedAt is a str, not a timestamp'],
    [expect.stringMatching(/^ListPipelineExecutions\.pipelineExecutionSummaries\.0\.status is 'Done', not one of /)],
    ['ListTagsForResource.tags.0.value is missing'],
    ['CreateDeployment.deploymentID is not in the model'],
    [],
    [expect.stringContaining("minimumHealthyHosts.type is 'MOST'")],
  ]);
});

test('an error is one that the operation returns', async () => {
  const error = (code: string) => json('codedeploy', 'GetDeployment', { __type: code, message: 'x' }, 400);
  expect(
    await faultsOf(error('DeploymentDoesNotExistException'), error('AccessDeniedException'), error('NoSuchDeployment')),
  ).toEqual([[], [], ['never returns the error NoSuchDeployment']]);
});

test('so does an answer in XML', async () => {
  const group = (more: string) => `<AutoScalingGroups><member>${more}</member></AutoScalingGroups>`;
  const complete =
    '<AutoScalingGroupName>a</AutoScalingGroupName><MinSize>1</MinSize><MaxSize>2</MaxSize><DesiredCapacity>1</DesiredCapacity>' +
    '<DefaultCooldown>1</DefaultCooldown><AvailabilityZones/><HealthCheckType>EC2</HealthCheckType>' +
    '<CreatedTime>2026-01-01T00:00:00.000Z</CreatedTime>';
  expect(
    await faultsOf(
      xml('autoscaling', 'DescribeAutoScalingGroups', group(complete)),
      xml('autoscaling', 'DescribeAutoScalingGroups', group(complete.replace('<MinSize>1', '<MinSize>one'))),
      xml('autoscaling', 'DescribeAutoScalingGroups', group(complete.replace(/<CreatedTime>.*/, ''))),
      xml('autoscaling', 'DescribeAutoScalingGroups', group(complete).replaceAll('member>', 'item>')),
      xml('ec2', 'DescribeImages', '<imagesSet><item><imageState>ready</imageState></item></imagesSet>'),
      xml('ec2', 'DescribeImages', '<imageSet/>'),
      xml('elasticloadbalancing', 'DescribeRules', '<Rules><member><IsDefault>yes</IsDefault></member></Rules>'),
      xml('elasticloadbalancing', 'DescribeRules', '<Rules><member><Prio>1</Prio></member></Rules>'),
    ),
  ).toEqual([
    [],
    ["DescribeAutoScalingGroups.AutoScalingGroups.0.MinSize is 'one', not a integer"],
    ['DescribeAutoScalingGroups.AutoScalingGroups.0.CreatedTime is missing'],
    ['DescribeAutoScalingGroups.AutoScalingGroups.0 is a <item>, not a <member>'],
    [expect.stringContaining("Images.0.State is 'ready', not one of ")],
    ['DescribeImages.imageSet is not in the model'],
    ["DescribeRules.Rules.0.IsDefault is 'yes', not a boolean"],
    ['DescribeRules.Rules.0.Prio is not in the model'],
  ]);
});
