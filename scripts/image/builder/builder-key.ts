import { answered } from '../../aws/answers.ts';
import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { keyPairName, runTags } from '../bake-run.ts';
import { tagList } from './launch.ts';

/** Creates the key pair of a run, tagged in the creating call; returns the private key, as a PEM text. */
export async function makeBuilderKey(aws: Aws, { place, run }: { place: Place; run: string }): Promise<string> {
  const { CreateKeyPairCommand, DeleteKeyPairCommand } = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const KeyName = keyPairName(run);
  const command = new CreateKeyPairCommand({
    KeyName,
    // OpenSSH rejects RSA signatures of the kind that old Packers make (https://www.openssh.com/txt/release-8.8).
    KeyType: 'ed25519',
    TagSpecifications: [{ ResourceType: 'key-pair', Tags: tagList(runTags(place, run)) }],
  });
  const { KeyMaterial } = await ec2.send(command).catch(async (thrown: unknown) => {
    if (!(thrown instanceof Error && thrown.name === 'InvalidKeyPair.Duplicate')) throw thrown;
    // The name is unique to this run: the first response was lost, and the private key with it.
    await ec2.send(new DeleteKeyPairCommand({ KeyName }));
    return await ec2.send(command);
  });
  return answered(KeyMaterial, 'EC2 CreateKeyPair', 'a key');
}
