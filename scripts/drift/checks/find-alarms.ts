import type { Finding } from '../../report/report.ts';

/** An alarm, with what it would tell. */
export interface AlarmFacts {
  readonly name: string;
  readonly state: string;
  /** When it came into this state. */
  readonly since: Date | undefined;
  readonly actionsEnabled: boolean;
  /** What it does when it goes off, by ARN. */
  readonly actions: readonly string[];
}

/** A topic that alarms tell. */
export interface TopicFacts {
  readonly arn: string;
  /** Number of confirmed subscriptions; absent when the topic no longer exists. */
  readonly confirmed?: number;
  readonly pending: number;
}

/** An alarm without data for longer than this watches nothing. */
const silentMs = 24 * 60 * 60_000;

/** Alarms that would reach nobody when something is wrong. */
export function findAlarms(
  { alarms, topics }: { alarms: readonly AlarmFacts[]; topics: readonly TopicFacts[] },
  now: Date,
): Finding[] {
  return [...alarms.flatMap((alarm) => ofAlarm(alarm, now)), ...topics.flatMap(ofTopic)];
}

function ofAlarm({ name, state, since, actionsEnabled, actions }: AlarmFacts, now: Date): Finding[] {
  const findings: Finding[] = [];
  if (actions.length === 0) {
    findings.push({
      id: `${name}/no-action`,
      gravity: 'fault',
      title: `the alarm ${name} notifies nobody when it goes off`,
      next: `give its stack a topic and deploy it, or by hand until then: aws cloudwatch put-metric-alarm --alarm-actions TOPIC with its other settings (aws cloudwatch describe-alarms --alarm-names ${name})`,
    });
  } else if (!actionsEnabled) {
    findings.push({
      id: `${name}/actions-disabled`,
      gravity: 'fault',
      title: `the actions of the alarm ${name} are switched off`,
      next: `aws cloudwatch enable-alarm-actions --alarm-names ${name}`,
    });
  }
  const waited = since === undefined ? 0 : now.getTime() - since.getTime();
  if (state === 'INSUFFICIENT_DATA' && waited > silentMs) {
    findings.push({
      id: `${name}/no-data`,
      gravity: 'fault',
      title: `the alarm ${name} has had no data since ${since?.toISOString().slice(0, 10)}`,
      next: `check whether what it watches still exists: aws cloudwatch describe-alarms --alarm-names ${name}`,
    });
  }
  return findings;
}

function ofTopic({ arn, confirmed, pending }: TopicFacts): Finding[] {
  const name = arn.split(':').at(-1) ?? arn;
  if (confirmed === undefined) {
    const title = `alarms tell the topic ${name}, which is gone`;
    return [{ id: `${name}/gone`, gravity: 'fault', title, next: `make it again, and subscribe people to it: ${arn}` }];
  }
  if (confirmed > 0) return [];
  const waiting = pending > 0 ? `: ${pending} did not confirm the mail that AWS sent` : '';
  return [
    {
      id: `${name}/nobody-subscribed`,
      gravity: 'fault',
      title: `nobody is subscribed to the topic ${name}, which alarms tell${waiting}`,
      next: `aws sns subscribe --topic-arn ${arn} --protocol email --notification-endpoint ADDRESS, and confirm the mail`,
    },
  ];
}
