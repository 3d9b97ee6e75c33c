import { answered } from '../aws/answers.ts';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { tags } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { runTag } from './bake-run.ts';
import type { BuilderParts } from './builder/builder.ts';
import { tagList } from './builder/launch.ts';
import { untilAvailable } from './until-available.ts';

const stopLimitMs = 10 * 60_000;
const imageLimitMs = 60 * 60_000;

/** Tags of the image and of its snapshots; the bake key follows when the image was verified. */
export function imageTags({ place, run, imageName, source, commit }: BuilderParts): Record<string, string> {
  return {
    ...tags(place.environment, 'image', place.tenant),
    [runTag]: run,
    Name: imageName,
    'vendhost:source-ami': source.id,
    ...(commit === '' ? {} : { 'vendhost:commit': commit }),
  };
}

/** Stops the builder and makes an image from it, tagged in the creating call; returns the image's id. */
export async function makeImage(
  { signal, out }: Pick<Runtime, 'signal' | 'out'>,
  aws: Aws,
  parts: BuilderParts,
  instanceId: string,
): Promise<string> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  out.detail(`stopping ${instanceId}`);
  await ec2.send(new sdk.StopInstancesCommand({ InstanceIds: [instanceId] }));
  await poll({
    what: `${instanceId} to stop`,
    pace: aws.pace,
    limitMs: stopLimitMs,
    signal,
    async check() {
      const { Reservations = [] } = await ec2.send(new sdk.DescribeInstancesCommand({ InstanceIds: [instanceId] }));
      return Reservations[0]?.Instances?.[0]?.State?.Name === 'stopped' ? true : undefined;
    },
  });
  const Tags = tagList(imageTags(parts));
  const command = new sdk.CreateImageCommand({
    InstanceId: instanceId,
    Name: parts.imageName,
    TagSpecifications: (['image', 'snapshot'] as const).map((ResourceType) => ({ ResourceType, Tags })),
  });
  const made = await ec2.send(command).catch(async (thrown: unknown) => {
    if (!(thrown instanceof Error && thrown.name === 'InvalidAMIName.Duplicate')) throw thrown;
    // The response of a first attempt may have been lost: then there is an image of this run.
    const Filters = [{ Name: `tag:${runTag}`, Values: [parts.run] }];
    const { Images: [own] = [] } = await ec2.send(new sdk.DescribeImagesCommand({ Owners: ['self'], Filters }));
    if (own === undefined) throw thrown;
    return own;
  });
  const ImageId = answered(made.ImageId, 'EC2 CreateImage', 'an image');
  out.detail(`creating image ${ImageId}`);
  await untilAvailable(aws, ImageId, { limitMs: imageLimitMs, signal }, (reason) => {
    const hint = 'run the job again; if it fails again, report it to the platform team';
    return new VendhostError('BAKE_FAILED', `EC2 could not make ${ImageId}: ${reason}`, { hint });
  });
  return ImageId;
}
