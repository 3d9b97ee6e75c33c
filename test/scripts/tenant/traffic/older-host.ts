import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { tenantAccessApp } from '../../../../cdk/tenant/access/tenant-access-stack.ts';
import { virtualHostApp } from '../../../../cdk/tenant/virtual-host-app.ts';
import { keys, names, type Place, tags } from '../../../../scripts/config/names.ts';
import { vendhostSchema } from '../../../../scripts/config/vendhost.ts';
import { listenerId } from '../../../../scripts/listener/priority-claim.ts';
import { withAssembly } from '../../../../scripts/stack/assembly.ts';
import { deployStacks } from '../../../../scripts/stack/deploy/deploy-stacks.ts';
import { ruleGroups } from '../../../../scripts/tenant/traffic/tenant-rules.ts';
import { type Platform, putParameter } from '../../../builders/platform.ts';
import { tenantRecord } from '../../../builders/sample.ts';
import { type StackResult, Stacks } from '../../../builders/stacks.ts';
import { claimHost } from '../../../builders/tenant.ts';
import { clientConfig } from '../../../local-cloud/clients.ts';

/** Number of the rule that the older host has; smaller ones are free. */
export const oldPriority = 3;

/** The file `vendhost.yml` of a tenant whose software is ready at another path than AWS's default. */
export const vendhostYml = `instances: { min: 2, max: 3 }
health_check: { path: /index.html, grace_seconds: 60 }
database: none
`;

const config = vendhostSchema.parse({
  instances: { min: 2, max: 3 },
  health_check: { path: '/index.html', grace_seconds: 60 },
  database: 'none',
});

/**
 * A tenant as a version left it in which rule and target group were the host stack's: roles, claims, a record that does not know
 * of them, and a host stack with both.
 */
export async function deployOlder(platform: Platform, place: Place, image: string): Promise<StackResult> {
  const { aws, account, facts, bucket } = platform;
  const record = tenantRecord(place, account);
  const where = { place, account, region: aws.region, facts };
  const { hosts, port, loadBalancer, branch, limits, project } = record;
  const granted = { hosts, groups: ruleGroups(hosts), port, loadBalancer, branch, logDays: 30 };
  const gitlab = { issuer: 'https://gitlab.example.test', audience: 'https://gitlab.example.test', path: project };
  await withAssembly(
    platform.runtime(),
    aws,
    async (app) =>
      tenantAccessApp(app, { ...where, ...granted, limits: { ...limits, max_instances: 3 }, project: gitlab }),
    (assembly) => deployStacks(assembly, { stacks: [names.tenantStack(place, 'access')] }),
  );
  const { port: _port, pipeline: _pipeline, ...former } = record;
  await putParameter(aws, names.tenantRecord(place), JSON.stringify(former));
  for (const host of hosts) await claimHost(platform, host, place.tenant);
  const listener = listenerId({ listenerArn: facts['listener-arn'] });
  const claim = JSON.stringify({ tenant: place.tenant, priority: oldPriority });
  for (const Key of [keys.priorityClaim(listener, oldPriority), keys.tenantPriority(listener, place.tenant, 'exact')]) {
    await (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key, Body: claim }));
  }
  const old = `arn:aws:elasticloadbalancing:${aws.region}:${account}:targetgroup/${names.host(place)}--8080/0a`;
  const app = virtualHostApp(
    { ...where, record, targetGroup: old, config, keepsDatabase: false },
    { validation: false },
  );
  const stack = app.node.children.find((child) => Stack.isStack(child) && child.stackName.endsWith('-host')) as Stack;
  const template = Template.fromStack(stack).toJSON() as { Resources: object; Parameters: object };
  const resources = JSON.parse(JSON.stringify(template.Resources).replaceAll(`"${old}"`, '{"Ref":"OldTargets"}'));
  return await new Stacks(clientConfig(platform.endpoint, account)).create(stack.stackName, {
    resources: { ...resources, ...formerTraffic(platform, place, hosts) },
    parameters: template.Parameters as Record<string, object>,
    values: [{ ParameterKey: 'ImageId', ParameterValue: image }],
    tags: Object.entries(tags(place.environment, 'host', place.tenant)).map(([Key, Value]) => ({ Key, Value })),
  });
}

function formerTraffic({ facts }: Platform, place: Place, hosts: readonly string[]) {
  return {
    OldTargets: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: {
        Name: `${names.host(place)}--8080`,
        VpcId: facts['vpc-id'],
        TargetType: 'instance',
        Protocol: 'HTTP',
        Port: 8080,
        HealthCheckPath: '/index.html',
        HealthCheckIntervalSeconds: 10,
      },
    },
    OldRule: {
      Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
      Properties: {
        ListenerArn: facts['listener-arn'],
        Priority: oldPriority,
        Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: hosts } }],
        Actions: [{ Type: 'forward', TargetGroupArn: { Ref: 'OldTargets' } }],
      },
    },
  };
}
