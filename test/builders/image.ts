import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateImageCommand, DescribeImagesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { paces, poll } from '../../scripts/aws/poll.ts';
import { tags } from '../../scripts/config/names.ts';
import { bakeKeyTag } from '../../scripts/image/find.ts';
import { agentInstaller, startInstance } from './instances.ts';
import type { Platform } from './platform.ts';
import { script } from './revision.ts';

export interface ImageOptions {
  readonly encrypted?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  /** With the CodeDeploy agent: a release can reach its instances. */
  readonly agent?: boolean;
}

/** Makes an image as a bake leaves it, in a platform with a network; ask for other tags or no encryption to have a wrong one. */
export async function makeImage(platform: Platform, tenant: string, options: ImageOptions = {}): Promise<string> {
  const ec2 = await platform.aws.ec2();
  const { encrypted = true, agent = false } = options;
  const Ebs = { VolumeSize: 8, ...(encrypted ? { Encrypted: true, KmsKeyId: platform.facts['key-arn'] } : {}) };
  const bell = agent ? await doorbell() : undefined;
  const install = bell && script('set -e', ...agentInstaller(platform.endpoint), `curl -fsS ${bell.url}`);
  const InstanceId = await startInstance(ec2, {
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }],
    ...(install === undefined ? {} : { UserData: btoa(install) }),
  });
  await bell?.rung;
  const all = { ...tags(platform.environment, 'image', tenant), [bakeKeyTag]: 'a-key', ...options.tags };
  const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
  const create = new CreateImageCommand({
    InstanceId,
    Name: `${tenant}-${InstanceId}`,
    TagSpecifications: [{ ResourceType: 'image', Tags }],
  });
  // Refused as long as the instance is pending.
  const { ImageId = '' } = await soon(`an image of ${InstanceId}`, () => ec2.send(create).catch(() => undefined));
  await soon(`${ImageId} to be available`, async () => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return Images?.[0]?.State === 'available' ? true : undefined;
  });
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  return ImageId;
}

function soon<T>(what: string, check: () => Promise<T | undefined>): Promise<T> {
  return poll({ what, pace: paces.localCloud, limitMs: 30_000, signal: new AbortController().signal, check });
}

/** An address for user data to call when it is done: EC2 does not say. */
async function doorbell(): Promise<{ url: string; rung: Promise<unknown> }> {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rung = once(server, 'request').finally(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, rung };
}
