import { Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { keys, names, type Place } from '../../../scripts/config/names.ts';
import { Arns } from '../../arns.ts';
import { sourceAction } from './codepipeline.ts';

export interface IntakeRuleProps {
  readonly place: Place;
  readonly facts: PlatformFacts;
  /** ARN of the role that may start the pipeline. */
  readonly roleArn: string;
}

/** Calls that complete an object (https://docs.aws.amazon.com/codepipeline/latest/userguide/create-cloudtrail-S3-source-cfn.html). */
const writes = ['CompleteMultipartUpload', 'CopyObject', 'PutObject'];

/** A write that EventBridge cannot deliver for this long goes to a queue and starts nothing: newer software may run by then. */
export const mostEventSeconds = 3600;

/** The pattern of events for written objects, by a key with a wildcard. */
export function writtenTo(bucket: string, key: string): object {
  return {
    source: ['aws.s3'],
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: {
      eventSource: ['s3.amazonaws.com'],
      eventName: writes,
      errorCode: [{ exists: false }],
      requestParameters: { bucketName: [bucket], key: [{ wildcard: key }] },
    },
  };
}

/**
 * Starts the tenant's pipeline for each object that is written to its intake, as CloudTrail reports it; the environment's trail records
 * all writes below `software/`.
 *
 * CloudTrail also reports refused writes, with an `errorCode`: without that condition, a refused writer could cause an
 * older object to be released again.
 */
export class IntakeRule extends Construct {
  constructor(scope: Construct, id: string, { place, facts, roleArn }: IntakeRuleProps) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    const arns = new Arns({ partition: roleArn.split(':')[1] ?? 'aws', account, region });
    new CfnRule(this, 'Rule', {
      name: names.intakeRule(place),
      description: `Software written to the intake of ${place.tenant} in ${place.environment}`,
      // The default: because it is in the template, drift detection sees if somebody switched it off.
      state: 'ENABLED',
      eventPattern: writtenTo(facts.bucket, `${keys.intake(place.tenant)}*.zip`),
      targets: [
        {
          id: 'pipeline',
          arn: arns.arn('codepipeline', names.host(place)),
          roleArn,
          inputTransformer: {
            inputPathsMap: { key: '$.detail.requestParameters.key' },
            inputTemplate: JSON.stringify({
              sourceRevisions: [{ actionName: sourceAction, revisionType: 'S3_OBJECT_KEY', revisionValue: '<key>' }],
            }),
          },
          retryPolicy: { maximumEventAgeInSeconds: mostEventSeconds },
          deadLetterConfig: { arn: arns.arn('sqs', names.undeliveredQueue(place.environment)) },
        },
      ],
    });
  }
}
