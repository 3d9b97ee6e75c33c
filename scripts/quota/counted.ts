import type { Instance } from '@aws-sdk/client-ec2';
import { answered } from '../aws/answers.ts';
import type { Aws } from '../aws/session.ts';
import type { Usages } from './told.ts';

/** Stacks that are not deleted, and how many CloudFormation allows; all pages. */
export async function readStackUsage(aws: Aws): Promise<Usages> {
  const sdk = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  let limit: number | undefined;
  for await (const { AccountLimits = [] } of sdk.paginateDescribeAccountLimits({ client }, {})) {
    limit ??= AccountLimits.find(({ Name }) => Name === 'StackLimit')?.Value;
  }
  if (limit === undefined) return {};
  const StackStatusFilter = Object.values(sdk.StackStatus).filter((status) => status !== 'DELETE_COMPLETE');
  let used = 0;
  for await (const page of sdk.paginateListStacks({ client }, { StackStatusFilter })) {
    used += page.StackSummaries?.length ?? 0;
  }
  return { stacks: { used, limit } };
}

/** Elastic IP addresses of VPCs (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html). */
export async function readAddressUsage(aws: Aws): Promise<Usages> {
  const { DescribeAccountAttributesCommand, DescribeAddressesCommand } = await import('@aws-sdk/client-ec2');
  const client = await aws.ec2();
  const [{ AccountAttributes = [] }, { Addresses = [] }] = await Promise.all([
    client.send(new DescribeAccountAttributesCommand({ AttributeNames: ['vpc-max-elastic-ips'] as never })),
    // It has no pages (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html).
    client.send(new DescribeAddressesCommand({ Filters: [{ Name: 'domain', Values: ['vpc'] }] })),
  ]);
  const limit = Number(AccountAttributes[0]?.AttributeValues?.[0]?.AttributeValue);
  return limit > 0 ? { 'elastic-ips': { used: Addresses.length, limit } } : {};
}

/** Security groups of all VPCs of the region; all pages. */
export async function readSecurityGroupUsage(aws: Aws): Promise<Usages> {
  const limit = await readServiceQuota(aws, { service: 'vpc', code: 'L-E79EC296' });
  const { paginateDescribeSecurityGroups } = await import('@aws-sdk/client-ec2');
  let used = 0;
  for await (const page of paginateDescribeSecurityGroups({ client: await aws.ec2() }, {})) {
    used += page.SecurityGroups?.length ?? 0;
  }
  return { 'security-groups': { used, limit } };
}

/** vCPUs of instances that run and are of a standard family, not spot; all pages. */
export async function readProcessorUsage(aws: Aws): Promise<Usages> {
  const limit = await readServiceQuota(aws, { service: 'ec2', code: 'L-1216C47A' });
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  let used = 0;
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: await aws.ec2() }, { Filters })) {
    for (const { Instances = [] } of Reservations) used += Instances.filter(isStandard).reduce(addProcessors, 0);
  }
  return { vcpus: { used, limit } };
}

/** Families A, C, D, H, I, M, R, T and Z (https://docs.aws.amazon.com/general/latest/gr/ec2-service.html). */
function isStandard({ InstanceType: type = 'm1.small', InstanceLifecycle }: Instance): boolean {
  return InstanceLifecycle === undefined && /^[acdhimrtz]/.test(type) && !/^(dl|hpc|inf|mac|trn)/.test(type);
}

function addProcessors(sum: number, { CpuOptions }: Instance): number {
  return sum + (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1);
}

/**
 * A quota as Service Quotas has it: the account's own, or AWS's usual value where none was ever applied
 * (https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html).
 */
async function readServiceQuota(aws: Aws, { service, code }: { service: string; code: string }): Promise<number> {
  const sdk = await import('@aws-sdk/client-service-quotas');
  const client = await aws.serviceQuotas();
  const which = { ServiceCode: service, QuotaCode: code };
  const { Quota } = await client.send(new sdk.GetServiceQuotaCommand(which)).catch((error: unknown) => {
    if (!(error instanceof sdk.NoSuchResourceException)) throw error;
    return client.send(new sdk.GetAWSDefaultServiceQuotaCommand(which));
  });
  return answered(Quota?.Value, 'ServiceQuotas GetServiceQuota', `a value of ${service} ${code}`);
}
