import { DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { makeBuilderGroup, removeBuilderGroup } from '../../../../scripts/image/builder/builder-group.ts';
import { findLeftovers } from '../../../../scripts/image/clean/leftovers.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makePlatform } from '../../../builders/platform.ts';

test("a builder's group opens port 22 to what the platform says, is tagged as it is made, and is found by its run", async () => {
  const { aws, facts } = await makePlatform(cloudAccount('100000000343'), { network: true });
  const place = { environment: 'dev', tenant: 'shop' };
  const sources = ['203.0.113.7/32', '198.51.100.0/24'];
  const id = await makeBuilderGroup(aws, { place, run: '0a1b2c3d', facts: { ...facts, 'builder-sources': sources } });
  const ec2 = await aws.ec2();
  const { SecurityGroups: [group] = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  expect(group).toMatchObject({ GroupName: 'vendhost-bake-0a1b2c3d', VpcId: facts['vpc-id'] });
  expect(group?.IpPermissions).toMatchObject([
    { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: sources.map((CidrIp) => ({ CidrIp })) },
  ]);
  expect(Object.fromEntries((group?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toEqual({
    'vendhost:environment': 'dev',
    'vendhost:tenant': 'shop',
    'vendhost:layer': 'image',
    'vendhost:bake-run': '0a1b2c3d',
  });
  const groupsOf = async (tenant: string) =>
    (await findLeftovers(aws, { ...place, tenant }, '0a1b2c3d')).securityGroups;
  expect(await groupsOf('shop')).toEqual([id]);
  expect(await groupsOf('cafe'), "another tenant's with the same run").toEqual([]);
  await removeBuilderGroup(aws, id, new AbortController().signal);
  expect(await groupsOf('shop')).toEqual([]);
});
