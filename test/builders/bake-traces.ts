import {
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeregisterImageCommand,
  type ResourceType,
} from '@aws-sdk/client-ec2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { paces, poll } from '../../scripts/aws/poll.ts';
import { keys, names } from '../../scripts/config/names.ts';
import { keyPairName, runTags } from '../../scripts/image/bake-run.ts';
import { findTraces, linesOfTraces } from '../../scripts/image/clean/leftovers.ts';
import { bakeKeyTag } from '../../scripts/image/image-faults.ts';
import { running, startInstance } from './instances.ts';
import type { Platform } from './platform.ts';

/** What a run has made so far. */
export interface Traces {
  readonly instance: string;
  readonly keyPair: string;
  readonly group: string;
  readonly image: string;
  readonly snapshot: string;
}

/** Makes what a bake makes, up to an image without a key, and one snapshot whose image is gone. */
export async function leaveTraces(platform: Platform, tenant: string, run: string): Promise<Traces> {
  const ec2 = await platform.aws.ec2();
  const place = { environment: platform.environment, tenant };
  const Tags = Object.entries(runTags(place, run)).map(([Key, Value]) => ({ Key, Value }));
  const tagged = (...types: ResourceType[]) => ({
    TagSpecifications: types.map((ResourceType) => ({ ResourceType, Tags })),
  });
  const keyPair = keyPairName(run);
  await ec2.send(new CreateKeyPairCommand({ KeyName: keyPair, ...tagged('key-pair') }));
  const group = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: keyPair,
      Description: 'Builder',
      VpcId: platform.facts['vpc-id'],
      ...tagged('security-group'),
    }),
  );
  const instance = await startInstance(ec2, {
    SecurityGroupIds: [group.GroupId ?? ''],
    SubnetId: platform.facts['egress-subnet-ids'][0],
    ...tagged('instance'),
  });
  await running(ec2, instance);
  const imageOf = async (name: string) => {
    const request = { InstanceId: instance, NoReboot: true, ...tagged('image', 'snapshot') };
    const { ImageId = '' } = await ec2.send(
      new CreateImageCommand({ ...request, Name: names.image(place, name.padEnd(12, '0'), run) }),
    );
    return ImageId;
  };
  const before = await snapshotsOf(platform, tenant, run);
  const deregistered = await imageOf('gone');
  const snapshot = await poll({
    what: 'a snapshot',
    pace: paces.localCloud,
    limitMs: 120_000,
    signal: new AbortController().signal,
    check: async () => (await snapshotsOf(platform, tenant, run)).find((id) => !before.includes(id)),
  });
  await ec2.send(new DeregisterImageCommand({ ImageId: deregistered }));
  return { instance, keyPair, group: group.GroupId ?? '', image: await imageOf('unfinished'), snapshot };
}

async function snapshotsOf({ aws, environment }: Platform, tenant: string, run: string): Promise<readonly string[]> {
  return (await findTraces(aws, { environment, tenant }, run)).get(run)?.snapshots ?? [];
}

/** Finishes an image: it has its key, as right before its record is written. */
export async function finish({ aws }: Platform, image: string, bakeKey: string): Promise<void> {
  const Tags = [{ Key: bakeKeyTag, Value: bakeKey }];
  await (await aws.ec2()).send(new CreateTagsCommand({ Resources: [image], Tags }));
}

/** A run that bakes, or did when it was killed. */
export async function holdLease({ aws, bucket }: Platform, tenant: string, run: string, job: string): Promise<void> {
  const Body = JSON.stringify({ run, job, until: new Date(Date.now() + 300_000).toISOString() });
  const Key = keys.bakeLease(tenant, run.padEnd(64, '0'));
  await (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
}

/** All there is of a tenant's bakes, one line each. */
export async function tracesOf({ aws, environment }: Platform, tenant: string): Promise<string[]> {
  const traces = await findTraces(aws, { environment, tenant });
  return [...traces.values()].flatMap(linesOfTraces).sort();
}
