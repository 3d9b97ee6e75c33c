import { expect, test } from 'vitest';
import { readUses } from '../../../scripts/retention/images/read-uses.ts';
import { readKeptDeployments } from '../../../scripts/retention/revisions/kept-deployments.ts';
import { listObjects, readArtifacts } from '../../../scripts/retention/revisions/read-standing.ts';
import { answering, xml } from '../answering.ts';

const token = 'the-next-page';

/** One thing on each of two pages of a list of EC2's. */
const ec2 = (operation: string, set: string, thing: string, last: boolean) =>
  `<${operation}Response><${set}>${thing}</${set}>${last ? '' : `<nextToken>${token}</nextToken>`}</${operation}Response>`;

test('what uses images is read to the last page of every list', async () => {
  const { aws } = await answering(({ operation, body }) => {
    const last = body.includes(token);
    const end = last ? '2' : '1';
    const next = last ? '' : `<NextToken>${token}</NextToken>`;
    const items: Readonly<Record<string, readonly [set: string, thing: string]>> = {
      DescribeImages: ['imagesSet', `<item><imageId>ami-${end}</imageId></item>`],
      DescribeInstances: [
        'reservationSet',
        `<item><instancesSet><item><instanceId>i-${end}</instanceId></item></instancesSet></item>`,
      ],
      DescribeLaunchTemplates: ['launchTemplates', `<item><launchTemplateId>lt-${end}</launchTemplateId></item>`],
      DescribeLaunchTemplateVersions: [
        'launchTemplateVersionSet',
        `<item><versionNumber>${end}</versionNumber></item>`,
      ],
    };
    const [set, thing] = items[operation] ?? [];
    if (set !== undefined) return ec2(operation, set, thing ?? '', last);
    if (operation === 'DescribeLaunchConfigurations') {
      const member = `<member><LaunchConfigurationName>lc-${end}</LaunchConfigurationName><ImageId>ami-${end}</ImageId></member>`;
      return xml(operation, `<LaunchConfigurations>${member}</LaunchConfigurations>${next}`);
    }
    const member = `<member><AutoScalingGroupName>group-${end}</AutoScalingGroupName></member>`;
    return xml(operation, `<AutoScalingGroups>${member}</AutoScalingGroups>${next}`);
  });
  const uses = await readUses(aws);
  expect({
    images: uses.images.map(({ ImageId }) => ImageId),
    instances: uses.instances.map(({ InstanceId }) => InstanceId),
    templates: uses.templates.map(({ id, versions }) => [id, ...versions.map(({ VersionNumber }) => VersionNumber)]),
    launchConfigurations: uses.launchConfigurations.map(({ name }) => name),
    groups: uses.groups.map(({ name }) => name),
  }).toEqual({
    images: ['ami-1', 'ami-2'],
    instances: ['i-1', 'i-2'],
    templates: [
      ['lt-1', 1, 2],
      ['lt-2', 1, 2],
    ],
    launchConfigurations: ['lc-1', 'lc-2'],
    groups: ['group-1', 'group-2'],
  });
});

test('objects, artifacts and deployments under way are read to the last page', async () => {
  const { aws } = await answering(({ operation, body }) => {
    const last = `${operation}${body}`.includes(token);
    const end = last ? '2' : '1';
    const next = last ? {} : { nextToken: token };
    if (operation.startsWith('GET ')) {
      const more = last ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`;
      return `<ListBucketResult><Contents><Key>a/${end}</Key></Contents><IsTruncated>${!last}</IsTruncated>${more}</ListBucketResult>`;
    }
    if (operation === 'ListActionExecutions') {
      const output = { outputArtifacts: [{ s3location: { key: `artifact-${end}` } }] };
      return JSON.stringify({ actionExecutionDetails: [{ output }], ...next });
    }
    if (operation === 'ListDeployments') return JSON.stringify({ deployments: [`d-${end}`], ...next });
    if (operation === 'GetDeploymentGroup') return '{}';
    const { deploymentIds } = JSON.parse(body) as { deploymentIds: string[] };
    const revision = (key: string) => ({ revisionType: 'S3', s3Location: { key } });
    return JSON.stringify({
      deploymentsInfo: deploymentIds.map((id) => ({ deploymentId: id, revision: revision(id) })),
    });
  });
  expect((await listObjects(aws, 'bucket', 'a/')).map(({ key }) => key)).toEqual(['a/1', 'a/2']);
  expect(await readArtifacts(aws, 'shop', 'e-1')).toEqual(['artifact-1', 'artifact-2']);
  expect((await readKeptDeployments(aws, 'shop')).map(({ key }) => key)).toEqual(['d-1', 'd-2']);
});
