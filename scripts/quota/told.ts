import type { Aws } from '../aws/session.ts';
import type { QuotaId } from './quotas.ts';

/** How much of a quota is used, and how much there may be. */
export interface Usage {
  readonly used: number;
  readonly limit: number;
}

export type Usages = Partial<Record<QuotaId, Usage>>;

/** RDS's names (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AccountQuota.html). */
const rdsNames = {
  DBInstances: 'database-instances',
  DBParameterGroups: 'database-parameter-groups',
  DBSubnetGroups: 'database-subnet-groups',
} as const satisfies Record<string, QuotaId>;

/** What RDS says of the account and region, in one answer without pages. */
export async function readDatabaseUsage(aws: Aws): Promise<Usages> {
  const { DescribeAccountAttributesCommand } = await import('@aws-sdk/client-rds');
  const { AccountQuotas = [] } = await (await aws.rds()).send(new DescribeAccountAttributesCommand({}));
  const usages: Usages = {};
  for (const [name, id] of Object.entries(rdsNames)) {
    const { Used, Max } = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === name) ?? {};
    if (Used !== undefined && Max !== undefined) usages[id] = { used: Used, limit: Max };
  }
  return usages;
}

/** IAM's names of what is used; those of the quotas end in `Quota`. */
const iamNames = {
  Roles: 'roles',
  Policies: 'policies',
  InstanceProfiles: 'instance-profiles',
} as const satisfies Record<string, QuotaId>;

/** What IAM says of the account (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html). */
export async function readIdentityUsage(aws: Aws): Promise<Usages> {
  const { GetAccountSummaryCommand } = await import('@aws-sdk/client-iam');
  const { SummaryMap = {} } = await (await aws.iam()).send(new GetAccountSummaryCommand({}));
  const summary: Readonly<Record<string, number | undefined>> = SummaryMap;
  const usages: Usages = {};
  for (const [name, id] of Object.entries(iamNames)) {
    const [used, limit] = [summary[name], summary[`${name}Quota`]];
    if (used !== undefined && limit !== undefined) usages[id] = { used, limit };
  }
  return usages;
}

/** What Auto Scaling says of the account and region (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAccountLimits.html). */
export async function readScalingUsage(aws: Aws): Promise<Usages> {
  const { DescribeAccountLimitsCommand } = await import('@aws-sdk/client-auto-scaling');
  const { NumberOfAutoScalingGroups: used, MaxNumberOfAutoScalingGroups: limit } = await (await aws.autoScaling()).send(
    new DescribeAccountLimitsCommand({}),
  );
  return used === undefined || limit === undefined ? {} : { 'auto-scaling-groups': { used, limit } };
}
