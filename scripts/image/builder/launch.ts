import type { RunInstancesCommandInput, Tag } from '@aws-sdk/client-ec2';
import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { keyPairName, runTags } from '../bake-run.ts';
import type { BuilderParts } from './builder.ts';

/** A running builder, and its address for Packer. */
export interface Builder {
  readonly instanceId: string;
  readonly host: string;
}

type LaunchParts = BuilderParts & { readonly securityGroup: string };

const startLimitMs = 10 * 60_000;

/**
 * EC2 has no such instance in the zone: none left, or none of the type at all, as in the oldest zones
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html#troubleshooting-launch-capacity,
 * https://github.com/trailofbits/algo/issues/314).
 */
const noneInZone = new Set(['InsufficientInstanceCapacity', 'Unsupported']);

/**
 * The request for a builder: everything it is made of is tagged in the same call; its disk is encrypted with the platform's
 * key from the start, which saves a copy of the image (5 to 8 minutes); its role's credentials are for session tokens only
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html).
 * @param zone number of its zone, from 0; each has its own token, because EC2 refuses another request with the same token
 */
export function launchRequest(parts: LaunchParts, zone = 0): RunInstancesCommandInput {
  const { place, facts, config, source, run, aws } = parts;
  const tags = tagList({ ...runTags(place, run), Name: `${parts.imageName}-builder` });
  const open = facts['builder-access'] === 'public';
  return {
    ClientToken: zone === 0 ? keyPairName(run) : `${keyPairName(run)}-${zone + 1}`,
    MinCount: 1,
    MaxCount: 1,
    ImageId: source.id,
    InstanceType: config.builder_type as NonNullable<RunInstancesCommandInput['InstanceType']>,
    KeyName: keyPairName(run),
    IamInstanceProfile: { Name: facts['builder-instance-profile'] },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnetsOf(facts)[zone],
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
  parts: LaunchParts,
): Promise<Builder> {
  const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const instanceId = await runInstance(out, aws, parts);
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

/** The builder's subnets, one in each zone. */
function subnetsOf(facts: BuilderParts['facts']): readonly string[] {
  return facts[facts['builder-access'] === 'public' ? 'public-subnet-ids' : 'egress-subnet-ids'];
}

/** Starts it in the first zone that has such an instance; returns its id. */
async function runInstance(out: Runtime['out'], aws: Aws, parts: LaunchParts): Promise<string> {
  const { RunInstancesCommand } = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  for (let zone = 0; ; zone += 1) {
    try {
      const { Instances: [started] = [] } = await ec2.send(new RunInstancesCommand(launchRequest(parts, zone)));
      return answered(started?.InstanceId, 'EC2 RunInstances', 'an instance');
    } catch (thrown) {
      const isLast = zone + 1 >= subnetsOf(parts.facts).length;
      if (isLast || !(thrown instanceof Error && noneInZone.has(thrown.name))) throw thrown;
      out.step(`${messageOf(thrown)}: trying the next zone`);
    }
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html#troubleshooting-launch-internal */
function endedAtOnce(instanceId: string, why: string): VendhostError {
  return new VendhostError('BAKE_FAILED', `the builder ${instanceId} ended as it started: ${why}`, {
    hint: "ask the platform team: usual reasons are the account's quota of volumes and a KMS key that is disabled or not granted",
  });
}

/** Tags in EC2's form. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
