import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';
import type { Arns } from '../arns.ts';
import { queueName } from './webhook-rights.ts';

export interface UndeliveredProps {
  readonly arns: Arns;
  readonly topics: readonly string[];
}

const days = 24 * 60 * 60;

/** The queue of accepted pushes that became no build, as the function got them, and its alarm. */
export class Undelivered extends Construct {
  readonly queueArn: string;

  constructor(scope: Construct, id: string, { arns, topics }: UndeliveredProps) {
    super(scope, id);
    this.queueArn = arns.arn('sqs', queueName);
    const queue = new CfnQueue(this, 'Queue', {
      queueName,
      sqsManagedSseEnabled: true,
      messageRetentionPeriod: 14 * days,
    });
    new CfnQueuePolicy(this, 'TlsOnly', {
      queues: [queue.ref],
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 'sqs:*',
            Resource: this.queueArn,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
    const shared = { period: 300, evaluationPeriods: 1, threshold: 0, treatMissingData: 'notBreaching' };
    const notices = { alarmActions: [...topics], okActions: [...topics] };
    new CfnAlarm(this, 'Undelivered', {
      ...shared,
      ...notices,
      alarmName: queueName,
      alarmDescription: 'Pushes were accepted and became no build: docs/webhook.md says what to do',
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: [{ name: 'QueueName', value: queueName }],
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
    });
    new CfnAlarm(this, 'Errors', {
      ...shared,
      ...notices,
      alarmName: `${names.webhookStack}-errors`,
      alarmDescription: 'The function that answers GitLab fails',
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensions: [{ name: 'FunctionName', value: names.webhookFunction('receive') }],
      statistic: 'Sum',
      comparisonOperator: 'GreaterThanThreshold',
    });
  }
}
