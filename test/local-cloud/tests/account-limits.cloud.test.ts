import { AllocateAddressCommand, DescribeAccountAttributesCommand } from '@aws-sdk/client-ec2';
import { GetAccountSummaryCommand } from '@aws-sdk/client-iam';
import {
  CreateDBParameterGroupCommand,
  DescribeAccountAttributesCommand as DescribeRdsAttributesCommand,
} from '@aws-sdk/client-rds';
import { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { expect, inject, test } from 'vitest';
import { cloudAccount } from '../../builders/account.ts';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';

const account = '670000000047';
const { aws } = cloudAccount(account);
const stacks = new Stacks(clientConfig(inject('localCloud').endpoint, account));

const parameterGroup = (name: string) => ({
  DBParameterGroupName: name,
  DBParameterGroupFamily: 'mysql8.4',
  Description: 'x',
});

test('the 51st parameter group is refused, by API and in a stack; RDS says how many there are', async () => {
  const rds = await aws.rds();
  for (let number = 1; number <= 50; number += 1)
    await rds.send(new CreateDBParameterGroupCommand(parameterGroup(`group-${number}`)));
  await expect(rds.send(new CreateDBParameterGroupCommand(parameterGroup('one-more')))).rejects.toMatchObject({
    name: 'DBParameterGroupQuotaExceededFault',
  });
  const { AccountQuotas } = await rds.send(new DescribeRdsAttributesCommand({}));
  expect(AccountQuotas).toContainEqual({ AccountQuotaName: 'DBParameterGroups', Used: 50, Max: 50 });
  const { failures } = await stacks.create('full', {
    resources: {
      Group: { Type: 'AWS::RDS::DBParameterGroup', Properties: { Family: 'mysql8.4', Description: 'x' } },
    },
  });
  expect(failures.join()).toContain('Parameter group quota exceeded');
});

test('the sixth address is refused', async () => {
  const ec2 = await aws.ec2();
  const { AccountAttributes } = await ec2.send(
    new DescribeAccountAttributesCommand({ AttributeNames: ['vpc-max-elastic-ips' as never] }),
  );
  expect(AccountAttributes?.[0]?.AttributeValues).toEqual([{ AttributeValue: '5' }]);
  const allocate = () => ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  for (let number = 1; number <= 5; number += 1) await allocate();
  await expect(allocate()).rejects.toMatchObject({ name: 'AddressLimitExceeded' });
});

test('Service Quotas has no applied value for what nobody asked, and says what AWS gives', async () => {
  const quotas = await aws.serviceQuotas();
  const which = { ServiceCode: 'vpc', QuotaCode: 'L-E79EC296' };
  await expect(quotas.send(new GetServiceQuotaCommand(which))).rejects.toMatchObject({
    name: 'NoSuchResourceException',
  });
  const { Quota } = await quotas.send(new GetAWSDefaultServiceQuotaCommand(which));
  expect(Quota).toMatchObject({ QuotaName: 'VPC security groups per Region', Value: 2500 });
});

test("IAM's summary counts instance profiles", async () => {
  const { SummaryMap } = await (await aws.iam()).send(new GetAccountSummaryCommand({}));
  expect(SummaryMap).toMatchObject({ InstanceProfiles: 0, InstanceProfilesQuota: 1000, RolesQuota: 1000 });
});
