import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { CfnSecret, CfnSecretTargetAttachment } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** Name of the database's administrator; it has no special meaning to RDS. */
const username = 'admin';

/** The administrator's credentials: generated, in no template, log or file; the software reads them with its role. */
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
        // Letters and digits only, so that shells and connection strings need no quoting.
        excludePunctuation: true,
      },
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Where the tenant chooses rotation, RDS has a secret of its own that it rotates; this one is then not used.',
    });
    this.arn = secret.ref;
  }

  /** Dynamic reference that CloudFormation resolves when it deploys: the value is in no template. */
  resolve(field: 'username' | 'password'): string {
    return `{{resolve:secretsmanager:${this.arn}:SecretString:${field}}}`;
  }

  /** Adds engine, host, port and schema to the secret, so that it is all the software needs to connect. */
  attachTo(instance: CfnDBInstance): void {
    const attachment = new CfnSecretTargetAttachment(this, 'Attachment', {
      secretId: this.arn,
      targetId: instance.ref,
      targetType: 'AWS::RDS::DBInstance',
    });
    attachment.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}
