import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateImageCommand, DescribeImagesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { paces, poll } from '../../scripts/aws/poll.ts';
import { tags } from '../../scripts/config/names.ts';
import { bakeInputs } from '../../scripts/image/bake-key.ts';
import { bakeKeyTag } from '../../scripts/image/image-faults.ts';
import { writeRecord } from '../../scripts/image/record.ts';
import { agentInstaller, startInstance } from './instances.ts';
import type { Platform } from './platform.ts';
import { script } from './revision.ts';

/** The last step of a bake. */
const sealing = join(import.meta.dirname, '../../packer/base/seal.sh');

export interface ImageOptions {
  readonly encrypted?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  /** What the tenant's record of its bake key names: this image, another one, or there is no record. */
  readonly recorded?: boolean | string;
  /** With the CodeDeploy agent: a release can reach its instances. */
  readonly agent?: boolean;
  /** Lines of bash that are run on the builder as well. */
  readonly install?: readonly string[];
}

/** Makes an image as a bake leaves it, in a platform with a network; ask for other tags or no encryption to have a wrong one. */
export async function makeImage(platform: Platform, tenant: string, options: ImageOptions = {}): Promise<string> {
  const ec2 = await platform.aws.ec2();
  const { encrypted = true, agent = false, install: more = [], recorded = true } = options;
  const Ebs = { VolumeSize: 8, ...(encrypted ? { Encrypted: true, KmsKeyId: platform.facts['key-arn'] } : {}) };
  const bell = agent ? await doorbell() : undefined;
  const install =
    bell &&
    script(
      'set -e',
      ...agentInstaller(platform.endpoint),
      ...more,
      await readFile(sealing, 'utf8'),
      `curl -fsS ${bell.url}`,
    );
  const InstanceId = await startInstance(ec2, {
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }],
    ...(install === undefined ? {} : { UserData: btoa(install) }),
  });
  await bell?.rung;
  const bakeKey = createHash('sha256').update(InstanceId).digest('hex');
  const all = { ...tags(platform.environment, 'image', tenant), [bakeKeyTag]: bakeKey, ...options.tags };
  const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
  const create = new CreateImageCommand({
    InstanceId,
    Name: `${tenant}-${InstanceId}`,
    TagSpecifications: (['image', 'snapshot'] as const).map((ResourceType) => ({ ResourceType, Tags })),
  });
  // Refused as long as the instance is pending.
  const { ImageId = '' } = await soon(`an image of ${InstanceId}`, () => ec2.send(create).catch(() => undefined));
  await soon(`${ImageId} to be available`, async () => {
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return Images?.[0]?.State === 'available' ? true : undefined;
  });
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  const imageId = recorded === true ? ImageId : recorded;
  if (imageId !== false) {
    const owner = { place: { environment: platform.environment, tenant }, bucket: platform.bucket };
    await writeRecord(platform.aws, owner, bakeKey, { imageId, inputs });
  }
  return ImageId;
}

/** What a bake would have recorded; a host does not ask for it. */
const inputs = bakeInputs({
  place: { environment: 'dev', tenant: 'any' },
  scripts: [],
  base: [],
  template: [],
  sourceAmi: 'ami-1',
  architecture: 'x86_64',
  volumeGib: 8,
  encryptionKey: 'key',
  packer: '1.6.6',
});

function soon<T>(what: string, check: () => Promise<T | undefined>): Promise<T> {
  return poll({ what, pace: paces.localCloud, limitMs: 120_000, signal: new AbortController().signal, check });
}

/** An address for user data to call when it is done: EC2 does not say. */
async function doorbell(): Promise<{ url: string; rung: Promise<unknown> }> {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rung = once(server, 'request').finally(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, rung };
}
