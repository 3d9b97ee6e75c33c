import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { keyPairName, runTags } from '../bake-run.ts';
import { tagList } from './launch.ts';

/** Makes the key pair of a run, tagged in the call that creates it; returns the private key, as a PEM text. */
export async function makeBuilderKey(aws: Aws, { place, run }: { place: Place; run: string }): Promise<string> {
  const { CreateKeyPairCommand } = await import('@aws-sdk/client-ec2');
  const { KeyMaterial } = await (await aws.ec2()).send(
    new CreateKeyPairCommand({
      KeyName: keyPairName(run),
      // OpenSSH takes no RSA signatures of the kind that old Packers make (https://www.openssh.com/txt/release-8.8).
      KeyType: 'ed25519',
      TagSpecifications: [{ ResourceType: 'key-pair', Tags: tagList(runTags(place, run)) }],
    }),
  );
  if (KeyMaterial === undefined) throw new Error('CreateKeyPair answered without a key');
  return KeyMaterial;
}
