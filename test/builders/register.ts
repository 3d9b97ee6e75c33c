import { createHash } from 'node:crypto';
import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateCommand } from '@aws-sdk/client-ec2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ruleOutputs } from '../../cdk/tenant/entry/rule-groups.ts';
import { atMost } from '../../scripts/aws/at-most.ts';
import { platformFacts, readPublishedFacts } from '../../scripts/aws/read-facts.ts';
import { environmentOf, readPlatformConfig, readTenantConfig } from '../../scripts/config/files.ts';
import { keys, names, tags } from '../../scripts/config/names.ts';
import { readLibrary } from '../../scripts/host/key/library.ts';
import { listenerId } from '../../scripts/listener/priority-claim.ts';
import { vendKey, vendKeyText } from '../../scripts/tenant/register/vend-key.ts';
import type { Platform } from './platform.ts';
import { tenantRecord } from './sample.ts';

/** Rules of a load balancer that is full. */
export const perBalancer = 100;
/** So many tenants are written with one call. */
const perWorld = 100;

/** The name of a tenant by its number, from 0; `perBalancer` of them share a load balancer. */
export const nameOf = (index: number) => `tenant-${index}`;
export const balancerOf = (index: number) => Math.floor(index / perBalancer);

/** The file of a tenant in `tenants/`, with a host in each environment. */
export function tenantFile(index: number, environments: readonly string[]): object {
  const tenant = nameOf(index);
  const hosts = environments.map((environment) => [environment, [`${tenant}.${environment}.example.com`]]);
  return { project: `acme/${tenant}`, load_balancer: balancerOf(index) + 1, hosts: Object.fromEntries(hosts) };
}

/**
 * Fills an environment with tenants from one number up to another, as data: record, claims, mark, rule and the four stacks of each, so that
 * every one is as its file says (`tenantFile`). What is behind them is not there.
 * @param directory folder with `platform.yml` and `tenants/`
 */
export async function fillRegister(platform: Platform, directory: string, from: number, to: number): Promise<void> {
  const { environment, aws, account, bucket } = platform;
  const [config, library, published] = await Promise.all([
    readPlatformConfig(directory),
    readLibrary(),
    readPublishedFacts(aws, environment),
  ]);
  const place = environmentOf(config, environment);
  const worlds = Array.from({ length: Math.ceil((to - from) / perWorld) }, (_, number) => from + number * perWorld);
  for (const first of worlds) {
    const world = { objects: {}, parameters: {}, stacks: [] as object[], rules: [] as object[] };
    for (let index = first; index < Math.min(first + perWorld, to); index += 1) {
      const tenant = nameOf(index);
      const own = { tenant, environment };
      const host = `${tenant}.${environment}.example.com`;
      const [loadBalancer, priority] = [balancerOf(index) + 1, (index % perBalancer) + 1];
      const listener = platform.listeners[loadBalancer - 1] ?? '';
      const id = listenerId({ listenerArn: listener });
      const record = { ...tenantRecord(own, account), loadBalancer };
      const text = JSON.stringify(record);
      const file = await readTenantConfig(directory, tenant);
      const chosen = { environment, config: place, hosts: [host] };
      const facts = platformFacts(published, loadBalancer);
      const key = vendKey({ tenant: file, platform: config, chosen, facts, library }, text);
      const rule = `${listener.replace(':listener/', ':listener-rule/')}/${idOf(host)}`;
      Object.assign(world.parameters, { [names.tenantRecord(own)]: text });
      const objects = {
        [keys.hostClaim(host)]: { host, tenant },
        [keys.tenantHost(tenant, host)]: { host, tenant },
        [keys.priorityClaim(id, priority)]: { tenant, priority },
        [keys.tenantPriority(id, tenant, 'exact')]: { tenant, priority, claimed: true },
        [keys.vendedMark(tenant, vendKeyText(key))]: { at: '2026-06-09T07:00:00Z' },
      };
      for (const [name, value] of Object.entries(objects))
        Object.assign(world.objects, { [name]: JSON.stringify(value) });
      const group = `arn:aws:elasticloadbalancing:${aws.region}:${account}:targetgroup/${names.targetGroup(own, record.port, loadBalancer)}/${idOf(tenant)}`;
      world.rules.push({ arn: rule, listener, priority, host, group });
      for (const layer of ['access', 'entry', 'data', 'host'] as const) {
        const outputs = layer === 'entry' ? { [ruleOutputs]: rule } : {};
        world.stacks.push({ name: names.tenantStack(own, layer), tags: tags(environment, layer, tenant), outputs });
      }
    }
    const request = { Bucket: bucket, Key: '.local-cloud/world', Body: JSON.stringify(world) };
    await (await aws.s3()).send(new PutObjectCommand(request));
  }
}

/** Auto Scaling groups of so many tenants, without instances: what `drift check` looks at besides stacks. */
export async function fillGroups({ environment, aws }: Platform, tenants: number): Promise<void> {
  const [ec2, autoScaling] = [await aws.ec2(), await aws.autoScaling()];
  await atMost(8, [...Array(tenants).keys()], async (index) => {
    const name = names.host({ environment, tenant: nameOf(index) });
    const LaunchTemplateData = { ImageId: 'ami-0123456789abcdef0', InstanceType: 't3.micro' } as const;
    await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData }));
    const LaunchTemplate = { LaunchTemplateName: name, Version: '1' };
    const range = { MinSize: 0, MaxSize: 0, AvailabilityZones: ['eu-west-1a'] };
    await autoScaling.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName: name, LaunchTemplate, ...range }));
  });
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
