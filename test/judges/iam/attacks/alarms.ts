import type { Case } from '../cases.ts';
import { step } from '../cases.ts';
import { tenant } from '../owners.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const by = things.roleName(self, 'execution');

/** What an alarm would do on behalf of whoever wrote it; CloudWatch has one key for the actions of all three states. */
const actions: Readonly<Record<string, string>> = {
  'ends an instance': 'arn:aws:automate:eu-west-1:ec2:terminate',
  'stops an instance': 'arn:aws:swf:eu-west-1:111111111111:action/actions/AWS_EC2.InstanceId.Stop/1.0',
  'scales the group of shop2/dev':
    'arn:aws:autoscaling:eu-west-1:111111111111:scalingPolicy:0a1b2c3d:autoScalingGroupName/vendhost-dev-shop2:policyName/none',
  'writes to the topic of shop2/dev': things.topic(tenant('shop2')).on,
  'calls a function': 'arn:aws:lambda:eu-west-1:111111111111:function:anything',
  'opens an incident': 'arn:aws:ssm:eu-west-1:111111111111:opsitem:1',
};

export function alarmAttacks(): Case[] {
  const { on } = things.alarm(self);
  const put = (name: string, given: readonly string[]): Case => ({
    name: `${by}: writes an alarm that ${name}`,
    expected: 'denied',
    because: "CloudWatch does it with rights of its own; an alarm of a tenant only tells the platform's people.",
    steps: [step(by, 'cloudwatch:PutMetricAlarm', { on }, { 'cloudwatch:AlarmActions': given })],
  });
  return [
    ...Object.entries(actions).map(([name, action]) => put(name, [action])),
    put('does several things', Object.values(actions)),
    {
      name: `${by}: writes a composite alarm`,
      expected: 'denied',
      because: 'No stack needs it.',
      steps: [step(by, 'cloudwatch:PutCompositeAlarm', { on })],
    },
    ...['EnableAlarmActions', 'SetAlarmState'].map(
      (action): Case => ({
        name: `${by}: ${action} of an alarm of shop2/dev`,
        expected: 'denied',
        because: 'It is not its alarm.',
        steps: [step(by, `cloudwatch:${action}`, { on: things.alarm(tenant('shop2')).on })],
      }),
    ),
  ];
}
