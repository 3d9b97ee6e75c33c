import type { Image } from '@aws-sdk/client-ec2';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import type { VendhostError } from '../errors.ts';

/**
 * Waits until a new image is available. EC2 may not know it at first. Throws what `failure` makes of EC2's reason in a state that does not end
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html).
 */
export async function untilAvailable(
  aws: Aws,
  imageId: string,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
  failure: (reason: string) => VendhostError,
): Promise<void> {
  const { DescribeImagesCommand } = await import('@aws-sdk/client-ec2');
  const wanted = { Owners: ['self'], Filters: [{ Name: 'image-id', Values: [imageId] }] };
  await poll({
    what: `${imageId} to be available`,
    pace: aws.pace,
    limitMs,
    signal,
    async check() {
      const { Images: [image] = [] } = await (await aws.ec2()).send(new DescribeImagesCommand(wanted));
      const { State = 'pending', StateReason }: Partial<Image> = image ?? {};
      if (State === 'available') return true;
      if (State === 'pending' || State === 'transient') return undefined;
      throw failure(StateReason?.Message ?? State);
    },
  });
}
