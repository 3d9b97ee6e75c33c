import type { RunInstancesCommandInput, Tag } from '@aws-sdk/client-ec2';
import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { keyPairName, runTags } from '../bake-run.ts';
import type { BuilderParts } from './builder.ts';

/** A running builder, and its address for Packer. */
export interface Builder {
  readonly instanceId: string;
  readonly host: string;
}

const startLimitMs = 10 * 60_000;

/**
 * The request for a builder: everything it consists of is tagged in the same call; its disk is encrypted with the platform's
 * key from the start, which saves a copy of the image (5 to 8 minutes); its role's credentials require session tokens
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html).
 */
export function launchRequest(parts: BuilderParts & { readonly securityGroup: string }): RunInstancesCommandInput {
  const { place, facts, config, source, run, aws } = parts;
  const tags = tagList({ ...runTags(place, run), Name: `${parts.imageName}-builder` });
  const open = facts['builder-access'] === 'public';
  return {
    ClientToken: keyPairName(run),
    MinCount: 1,
    MaxCount: 1,
    ImageId: source.id,
    InstanceType: config.builder_type as NonNullable<RunInstancesCommandInput['InstanceType']>,
    KeyName: keyPairName(run),
    IamInstanceProfile: { Name: facts['builder-instance-profile'] },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: facts[open ? 'public-subnet-ids' : 'egress-subnet-ids'][0],
        AssociatePublicIpAddress: open,
        Groups: [parts.securityGroup],
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: source.rootDevice,
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: config.volume_gib,
          Iops: 3000,
          Throughput: 125,
          Encrypted: true,
          KmsKeyId: facts['key-arn'],
          DeleteOnTermination: true,
        },
      },
    ],
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    // A builder whose runner died ends itself after two hours. In the local cloud it shares its machine's kernel.
    ...(aws.isLocalCloud ? {} : { UserData: Buffer.from('#!/bin/sh\nshutdown -h +120\n').toString('base64') }),
    InstanceInitiatedShutdownBehavior: 'terminate',
    TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: tags,
    })),
  };
}

/** Starts the builder and waits until it runs; Packer finds out whether SSH answers. */
export async function launchBuilder(
  { signal, out }: Pick<Runtime, 'signal' | 'out'>,
  aws: Aws,
  parts: BuilderParts & { readonly securityGroup: string },
): Promise<Builder> {
  const { DescribeInstancesCommand, RunInstancesCommand } = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const { Instances: [started] = [] } = await ec2.send(new RunInstancesCommand(launchRequest(parts)));
  const instanceId = answered(started?.InstanceId, 'EC2 RunInstances', 'an instance');
  out.detail(`${instanceId} starts`);
  const address = parts.facts['builder-access'] === 'public' ? 'PublicIpAddress' : 'PrivateIpAddress';
  return await poll({
    what: `${instanceId} to run`,
    pace: aws.pace,
    limitMs: startLimitMs,
    signal,
    async check() {
      // Found with a filter: right after the start EC2 may not know the id everywhere.
      const wanted = { Filters: [{ Name: 'instance-id', Values: [instanceId] }] };
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(wanted));
      const [instance] = Reservations.flatMap(({ Instances = [] }) => Instances);
      const state = instance?.State?.Name;
      if (state === 'terminated' || state === 'shutting-down') {
        throw endedAtOnce(instanceId, instance?.StateReason?.Message ?? state);
      }
      const host = instance?.[address];
      return state === 'running' && host ? { instanceId, host } : undefined;
    },
  });
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html#troubleshooting-launch-internal */
function endedAtOnce(instanceId: string, why: string): VendhostError {
  return new VendhostError('BAKE_FAILED', `the builder ${instanceId} ended as it started: ${why}`, {
    hint: "ask the platform team: usual reasons are the account's quota of volumes and a KMS key that is disabled or not granted",
  });
}

/** Tags as EC2 takes them. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
