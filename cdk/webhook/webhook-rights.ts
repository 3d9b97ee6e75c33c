import { names } from '../../scripts/config/names.ts';
import type { Arns } from '../arns.ts';
import type { Right } from '../role.ts';

const anybody = { environment: '*', tenant: '*' };

/** The function that anybody can call: it reads the hashes that it compares tokens with, and passes events on. It starts nothing. */
export function receiverRights(arns: Arns): Right[] {
  const unknown = arns.arn('secretsmanager', `secret:${names.webhookSecret(anybody)}`);
  const secret = `${unknown}-??????`;
  return [
    logRight(arns, 'receive'),
    {
      sid: 'Tokens',
      actions: ['secretsmanager:GetSecretValue'],
      // IAM checks the second if there is no such secret: without it an unknown tenant would be an error.
      resources: [secret, unknown],
      because:
        'Hashes of the tokens of all tenants, and no other secret of theirs; AWS appends six characters to the name.',
    },
    {
      sid: 'DecryptTokens',
      actions: ['kms:Decrypt'],
      resources: [arns.arn('kms', 'key/*')],
      // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-encryption-context
      when: {
        StringEquals: { 'kms:ViaService': `secretsmanager.${arns.region}.amazonaws.com` },
        StringLike: { 'kms:EncryptionContext:SecretARN': secret },
      },
      because: 'The key of any environment in the account, for these secrets only.',
    },
    {
      sid: 'HandOver',
      actions: ['lambda:InvokeFunction'],
      resources: [functionArn(arns, 'start')],
    },
  ];
}

/** The function that starts builds: nobody outside can call it, and it reads nothing. */
export function starterRights(arns: Arns): Right[] {
  return [
    logRight(arns, 'start'),
    {
      sid: 'Build',
      actions: ['codebuild:StartBuild'],
      resources: [arns.arn('codebuild', `project/${names.buildProject(anybody, 'intake')}`)],
      because: "Any tenant's project that makes revisions of pushes, and none that bakes or provisions.",
    },
    {
      sid: 'Undelivered',
      actions: ['sqs:SendMessage'],
      resources: [arns.arn('sqs', queueName)],
    },
  ];
}

/** Pushes that became no build. */
export const queueName = `${names.webhookStack}-undelivered`;

export function functionArn(arns: Arns, which: 'receive' | 'start'): string {
  return arns.arn('lambda', `function:${names.webhookFunction(which)}`);
}

function logRight(arns: Arns, which: 'receive' | 'start'): Right {
  return {
    sid: 'Log',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [arns.arn('logs', `log-group:/aws/lambda/${names.webhookFunction(which)}:*`)],
    because: "The function's own log group; Lambda names its streams.",
  };
}
