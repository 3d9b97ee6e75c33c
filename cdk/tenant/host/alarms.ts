import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';

export interface AlarmsProps {
  /** First part of the alarms' names. */
  readonly name: string;
  readonly loadBalancerArn: string;
  /** ARN. */
  readonly targetGroup: string;
  /** ARN of the topic that the alarms write to, also when all is well again. */
  readonly topic: string;
}

/** Two alarms for an unhealthy host: instances that fail their health check, and responses that are server errors. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { name, loadBalancerArn, targetGroup, topic }: AlarmsProps) {
    super(scope, id);
    const dimensions = [
      { name: 'LoadBalancer', value: loadBalancerArn.split(':loadbalancer/').at(-1) ?? loadBalancerArn },
      { name: 'TargetGroup', value: targetGroup.split(':').at(-1) ?? targetGroup },
    ];
    const shared = {
      namespace: 'AWS/ApplicationELB',
      dimensions,
      period: 60,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [topic],
      okActions: [topic],
    };
    new CfnAlarm(this, 'UnhealthyHosts', {
      ...shared,
      alarmName: names.hostAlarm(name, 'unhealthy-hosts'),
      alarmDescription: 'Instances fail the health check for ten minutes; a release takes one out of service for less',
      metricName: 'UnHealthyHostCount',
      statistic: 'Minimum',
      threshold: 0,
      evaluationPeriods: 10,
    });
    new CfnAlarm(this, 'ServerErrors', {
      ...shared,
      alarmName: names.hostAlarm(name, 'server-errors'),
      alarmDescription: 'More than 10 responses a minute are server errors, for five minutes',
      metricName: 'HTTPCode_Target_5XX_Count',
      statistic: 'Sum',
      threshold: 10,
      evaluationPeriods: 5,
    });
  }
}
