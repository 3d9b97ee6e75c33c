import { CfnEventInvokeConfig, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';
import type { Arns } from '../arns.ts';
import { makeRole, type Right, serviceTrust } from '../role.ts';
import type { Undelivered } from './undelivered.ts';

export interface WebhookFunctionProps {
  readonly arns: Arns;
  readonly which: 'receive' | 'start';
  readonly description: string;
  readonly code: string;
  readonly rights: readonly Right[];
  readonly variables: Readonly<Record<string, string>>;
  /** Where Lambda puts events that the function failed to process; for an asynchronous function. */
  readonly undelivered?: Undelivered;
}

/** GitLab waits ten seconds for an answer (https://docs.gitlab.com/user/gitlab_com/#webhooks). */
const timeoutSeconds = 9;
/** Newer software may run by then. */
const mostSeconds = 3600;
const logDays = 30;

/** One function of the webhook, with its role and log group. */
export class WebhookFunction extends Construct {
  readonly function: CfnFunction;

  constructor(scope: Construct, id: string, props: WebhookFunctionProps) {
    super(scope, id);
    const { arns, which, description, code, rights, variables, undelivered } = props;
    const functionName = names.webhookFunction(which);
    const logs = new CfnLogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retentionInDays: logDays,
    });
    const role = makeRole(this, 'Role', {
      arns,
      name: functionName,
      policy: which,
      description,
      trust: serviceTrust('lambda'),
      rights,
    });
    this.function = new CfnFunction(this, 'Function', {
      functionName,
      description,
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: which === 'start' ? 'index.startBuild' : 'index.receive',
      code: { zipFile: code },
      role: role.attrArn,
      timeout: timeoutSeconds,
      memorySize: 256,
      environment: { variables },
      ...(undelivered === undefined ? {} : { deadLetterConfig: { targetArn: undelivered.queueArn } }),
    });
    this.function.addResourceDependency(logs);
    if (undelivered === undefined) return;
    new CfnEventInvokeConfig(this, 'Retries', {
      functionName: this.function.ref,
      qualifier: '$LATEST',
      maximumEventAgeInSeconds: mostSeconds,
      maximumRetryAttempts: 2,
    });
  }
}
