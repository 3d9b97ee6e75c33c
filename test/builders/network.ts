import { CreateSubnetCommand, CreateVpcCommand } from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import type { Environment } from '../../scripts/config/environment.ts';
import type { PlatformFacts } from '../../scripts/config/facts.ts';
import { names } from '../../scripts/config/names.ts';
import { callJson } from '../local-cloud/clients.ts';
import type { CloudAccount } from './account.ts';

/** Makes what instances and images are made with: a VPC with one subnet for all tiers, a key, the builder's profile. */
export async function makeNetwork(account: CloudAccount, environment: Environment): Promise<Partial<PlatformFacts>> {
  const [network, key, profile] = await Promise.all([
    makeVpc(account),
    makeKey(account),
    makeInstanceProfile(account, names.builderRole(environment)),
  ]);
  return { ...network, 'key-arn': key, 'builder-instance-profile': profile };
}

/** Makes an instance profile without a role: what its instances may do is for tests of roles. Returns its name. */
export async function makeInstanceProfile({ aws }: CloudAccount, name: string): Promise<string> {
  await (await aws.iam()).send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  return name;
}

async function makeVpc({ aws }: CloudAccount): Promise<Partial<PlatformFacts>> {
  const ec2 = await aws.ec2();
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.0.0/24' }));
  const subnets = [Subnet?.SubnetId ?? ''];
  return {
    'vpc-id': Vpc?.VpcId ?? '',
    'vpc-cidr': '10.0.0.0/16',
    'public-subnet-ids': subnets,
    'egress-subnet-ids': subnets,
    'isolated-subnet-ids': subnets,
  };
}

async function makeKey({ endpoint, account }: CloudAccount): Promise<string> {
  const answer = await callJson(endpoint, account, 'TrentService.CreateKey', {});
  return (answer.KeyMetadata as { Arn: string }).Arn;
}
