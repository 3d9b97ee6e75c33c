import { Stack, Validations } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { Arns } from '../../arns.ts';

export interface LostWritesProps {
  readonly environment: string;
  /** For the environment's alarms. */
  readonly topic: ITopic;
}

const days = 24 * 60 * 60;

/**
 * The dead-letter queue of all tenants' intakes, and its alarm: writes for which EventBridge could start nothing, each with the rule, the target and the reason
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html). There is one for the
 * environment, because a queue for each tenant would need permissions for which the tenant's policies have no room.
 */
export class LostWrites extends Construct {
  constructor(scope: Construct, id: string, { environment, topic }: LostWritesProps) {
    super(scope, id);
    const { partition, account, region } = Stack.of(this);
    const arns = new Arns({ partition, account, region });
    const queueName = names.undeliveredQueue(environment);
    const Resource = arns.arn('sqs', queueName);
    const queue = new CfnQueue(this, 'Queue', {
      queueName,
      sqsManagedSseEnabled: true,
      messageRetentionPeriod: 14 * days,
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is a dead-letter queue itself, of rules of EventBridge.',
    });
    new CfnQueuePolicy(this, 'Policy', {
      queues: [queue.ref],
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Rules',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource,
            Condition: {
              StringEquals: { 'aws:SourceAccount': account },
              ArnLike: { 'aws:SourceArn': arns.arn('events', `rule/${names.host({ environment, tenant: '*' })}`) },
            },
          },
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 'sqs:*',
            Resource,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
    new CfnAlarm(this, 'Alarm', {
      alarmName: queueName,
      alarmDescription: 'Software was written to an intake and not released: docs/runbook.md says what to do',
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: [{ name: 'QueueName', value: queueName }],
      statistic: 'Maximum',
      period: 300,
      evaluationPeriods: 1,
      threshold: 0,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [topic.topicArn],
      okActions: [topic.topicArn],
    });
  }
}
