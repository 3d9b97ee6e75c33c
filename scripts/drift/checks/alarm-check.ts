import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Aws } from '../../aws/session.ts';
import { names } from '../../config/names.ts';
import type { DriftCheck } from '../checks.ts';
import { type AlarmFacts, findAlarms, type TopicFacts } from './find-alarms.ts';
import { checkSection, howMany, orNotChecked } from './section.ts';

const check = { id: 'alarms', title: 'Alarms' };

/** The alarms of an environment, or of one tenant, and the topics they tell: these are for the platform's people. */
export const alarmCheck: DriftCheck = {
  ...check,
  async run(context) {
    const { aws, environment, tenant, platform } = context;
    if (platform === undefined) return [];
    const prefix = tenant === undefined ? `vendhost-${environment}-` : `${names.host({ environment, tenant })}-`;
    const alarms = await readAlarms(aws, prefix);
    const arns = new Set(alarms.flatMap(({ actions }) => actions.filter((arn) => arn.split(':')[2] === 'sns')));
    const now = new Date();
    // A topic may be another account's or region's, which says nothing of the others.
    const ofTopics = [...arns]
      .sort()
      .map((arn) =>
        orNotChecked(context, arn.split(':').at(-1) ?? arn, async () =>
          findAlarms({ alarms: [], topics: [await readTopic(aws, arn)] }, now),
        ),
      );
    const found = [...findAlarms({ alarms, topics: [] }, now), ...(await Promise.all(ofTopics)).flat()];
    return [checkSection(context, { ...check, count: howMany(alarms.length, 'alarm') }, found)];
  },
};

/** Alarms whose names begin so, in the order of their names; all pages. */
export async function readAlarms(aws: Aws, prefix: string): Promise<AlarmFacts[]> {
  const { paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const found: AlarmFacts[] = [];
  const client = await aws.cloudWatch();
  for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix })) {
    found.push(...(page.MetricAlarms ?? []).map(alarmOf));
  }
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

function alarmOf({
  AlarmName = '',
  StateValue,
  StateUpdatedTimestamp,
  ActionsEnabled,
  AlarmActions,
}: MetricAlarm): AlarmFacts {
  return {
    name: AlarmName,
    state: StateValue ?? 'unknown',
    since: StateUpdatedTimestamp,
    actionsEnabled: ActionsEnabled ?? true,
    actions: AlarmActions ?? [],
  };
}

/** Subscriptions that wait for the mail's confirmation have no ARN yet (https://docs.aws.amazon.com/sns/latest/api/API_Subscription.html). */
export async function readTopic(aws: Aws, arn: string): Promise<TopicFacts> {
  const { paginateListSubscriptionsByTopic, NotFoundException } = await import('@aws-sdk/client-sns');
  const subscriptions: string[] = [];
  try {
    for await (const page of paginateListSubscriptionsByTopic({ client: await aws.sns() }, { TopicArn: arn })) {
      subscriptions.push(...(page.Subscriptions ?? []).map(({ SubscriptionArn }) => SubscriptionArn ?? ''));
    }
  } catch (error) {
    if (error instanceof NotFoundException) return { arn, pending: 0 };
    throw error;
  }
  const confirmed = subscriptions.filter((each) => each.startsWith('arn:')).length;
  return { arn, confirmed, pending: subscriptions.filter((each) => each === 'PendingConfirmation').length };
}
