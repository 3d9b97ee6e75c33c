import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';

/** A load balancer, and the target group with which it forwards to the instances. Both by ARN. */
export interface WatchedBalancer {
  readonly loadBalancerArn: string;
  readonly targetGroup: string;
}

export interface AlarmsProps {
  /** First part of the alarms' names. */
  readonly name: string;
  /** All that forward to the instances: more than one while the tenant moves, when requests come through both. */
  readonly balancers: readonly [WatchedBalancer, ...WatchedBalancer[]];
  /** ARN of the topic that the alarms notify, also when the state is OK again. */
  readonly topic: string;
}

/** Two alarms for an unhealthy host: instances that fail their health check, and responses that are server errors. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { name, balancers, topic }: AlarmsProps) {
    super(scope, id);
    const shared = {
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [topic],
      okActions: [topic],
    };
    new CfnAlarm(this, 'UnhealthyHosts', {
      ...shared,
      ...watched(balancers, { metricName: 'UnHealthyHostCount', statistic: 'Minimum', together: 'MAX' }),
      alarmName: names.hostAlarm(name, 'unhealthy-hosts'),
      alarmDescription: 'Instances fail the health check for ten minutes; a release takes one out of service for less',
      threshold: 0,
      evaluationPeriods: 10,
    });
    new CfnAlarm(this, 'ServerErrors', {
      ...shared,
      ...watched(balancers, { metricName: 'HTTPCode_Target_5XX_Count', statistic: 'Sum', together: 'SUM' }),
      alarmName: names.hostAlarm(name, 'server-errors'),
      alarmDescription: 'More than 10 responses a minute are server errors, for five minutes',
      threshold: 10,
      evaluationPeriods: 5,
    });
  }
}

interface Watched {
  readonly metricName: string;
  readonly statistic: string;
  /** How to combine several. */
  readonly together: 'MAX' | 'SUM';
}

const namespace = 'AWS/ApplicationELB';
const period = 60;

/**
 * The metric of one load balancer, or an expression over those of several
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html): a minute without requests has no value, and counts as 0.
 */
function watched([first, ...others]: AlarmsProps['balancers'], { metricName, statistic, together }: Watched) {
  const [dimensions, ...more] = [first, ...others].map(dimensionsOf);
  if (more.length === 0) return { namespace, metricName, dimensions, statistic, period };
  const all = [dimensions, ...more].map((each, index) => ({
    id: `m${index + 1}`,
    metricStat: { metric: { namespace, metricName, dimensions: each }, stat: statistic, period },
    returnData: false,
  }));
  const expression = `${together}([${all.map(({ id }) => `FILL(${id}, 0)`).join(', ')}])`;
  return { metrics: [...all, { id: 'all', label: metricName, expression, returnData: true }] };
}

function dimensionsOf({ loadBalancerArn, targetGroup }: WatchedBalancer) {
  return [
    { name: 'LoadBalancer', value: loadBalancerArn.split(':loadbalancer/').at(-1) ?? loadBalancerArn },
    { name: 'TargetGroup', value: targetGroup.split(':').at(-1) ?? targetGroup },
  ];
}
