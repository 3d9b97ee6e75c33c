import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { CfnSecret, CfnSecretTargetAttachment } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** The administrator of the database; RDS gives this name no special meaning. */
const username = 'admin';

/** The administrator's credentials: generated, never in a template, log or file; the software reads them by its role. */
export class DatabaseSecret extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { name, keyArn }: { name: string; keyArn: string }) {
    super(scope, id);
    const secret = new CfnSecret(this, 'Secret', {
      name,
      description: 'Administrator of the MySQL database',
      kmsKeyId: keyArn,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: 'password',
        passwordLength: 40,
        // Letters and digits only: the password passes shells and connection strings without quoting.
        excludePunctuation: true,
      },
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Rotation needs a Lambda function in the VPC; the tenant rotates with the runbook and restarts its software.',
    });
    this.arn = secret.ref;
  }

  /** For a property that CloudFormation resolves itself: the value stands in no template. */
  resolve(field: 'username' | 'password'): string {
    return `{{resolve:secretsmanager:${this.arn}:SecretString:${field}}}`;
  }

  /** Adds engine, host, port and schema to the secret, so that the software needs nothing else to connect. */
  attachTo(instance: CfnDBInstance): void {
    const attachment = new CfnSecretTargetAttachment(this, 'Attachment', {
      secretId: this.arn,
      targetId: instance.ref,
      targetType: 'AWS::RDS::DBInstance',
    });
    attachment.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
