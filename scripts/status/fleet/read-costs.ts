import type { GroupDefinition, ResultByTime } from '@aws-sdk/client-cost-explorer';
import type { Aws } from '../../aws/session.ts';
import { partOf, type StatusPart } from '../../aws/status-part.ts';
import type { Environment } from '../../config/environment.ts';
import type { EnvironmentTarget } from '../../platform/targets.ts';
import type { Runtime } from '../../runtime.ts';
import { type BilledMonth, billedMonths, billedPeriod, costMetric, costTags, monthsAsked } from './fleet-costs.ts';

/**
 * What the bills have of the environments that want it (`costs` in `platform.yml`): one request a page for each account, however many tenants
 * and environments are in it, because each costs money (https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/).
 * Environments that do not want it are not in the answer.
 */
export async function readCosts(
  runtime: Runtime,
  targets: readonly EnvironmentTarget[],
  now = new Date(),
): Promise<Map<Environment, StatusPart<readonly BilledMonth[]>>> {
  const wanted = targets.filter(({ config }) => config.costs);
  const bills = new Map<string, Promise<StatusPart<readonly BilledMonth[]>>>();
  for (const { config, aws } of wanted) {
    const { account } = config;
    if (!bills.has(account))
      bills.set(
        account,
        partOf(runtime, () => readBill(aws, account, now)),
      );
  }
  const found = wanted.map(async ({ environment, config: { account } }) => {
    const bill = (await bills.get(account)) ?? { unknown: `nobody asked for the bill of ${account}` };
    return [environment, bill] as const;
  });
  return new Map(await Promise.all(found));
}

/**
 * The account's costs of the last month and of this one, by tenant and environment; all pages. Only of the account itself: the one that pays
 * for an organization sees all of them (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/ce-access.html), and another platform's
 * tenants have tags of the same names.
 */
export async function readBill(aws: Aws, account: string, now: Date): Promise<BilledMonth[]> {
  const { GetCostAndUsageCommand } = await import('@aws-sdk/client-cost-explorer');
  const client = await aws.costExplorer();
  const byTag = (Key: string): GroupDefinition => ({ Type: 'TAG', Key });
  const pages: ResultByTime[][] = [];
  let token: string | undefined;
  do {
    const { ResultsByTime = [], NextPageToken } = await client.send(
      new GetCostAndUsageCommand({
        TimePeriod: billedPeriod(now),
        Granularity: 'MONTHLY',
        Metrics: [costMetric],
        Filter: { Dimensions: { Key: 'LINKED_ACCOUNT', Values: [account] } },
        // Two are the most (https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html).
        GroupBy: [byTag(costTags.tenant), byTag(costTags.environment)],
        ...(token === undefined ? {} : { NextPageToken: token }),
      }),
    );
    pages.push(ResultsByTime);
    token = NextPageToken;
  } while (token !== undefined);
  return billedMonths(pages, monthsAsked(now));
}
