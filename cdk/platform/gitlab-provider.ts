import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnOIDCProvider } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * Makes the account trust ID tokens of GitLab (https://docs.gitlab.com/ci/cloud_services/aws/). An account can have one
 * provider per GitLab, so of the environments that share an account only the first makes it; it stays when that goes.
 */
export class GitlabProvider extends Construct {
  constructor(scope: Construct, id: string, { gitlab }: { gitlab: string }) {
    super(scope, id);
    const provider = new CfnOIDCProvider(this, 'Provider', { url: gitlab, clientIdList: [gitlab] });
    provider.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
