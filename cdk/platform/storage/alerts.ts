import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';

export interface AlertsProps {
  readonly environment: string;
  readonly key: IKey;
  /** Addresses that get a mail. */
  readonly mails: readonly string[];
}

/**
 * The topic of all alarms of an environment, including the tenants'. SNS asks each address once whether it wants the mails
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html).
 */
export class Alerts extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { environment, key, mails }: AlertsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      topicName: names.alertsTopic(environment),
      displayName: `Vendhost ${environment}`,
      masterKey: key,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TlsOnly',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
    for (const mail of mails) {
      new CfnSubscription(this, mail, { topicArn: this.topic.topicArn, protocol: 'email', endpoint: mail });
    }
  }
}
