import { type App, RemovalPolicy } from 'aws-cdk-lib';
import { CfnOIDCProvider } from 'aws-cdk-lib/aws-iam';
import { names } from '../../scripts/config/names.ts';
import { type AppProps, newApp, VendhostStack } from '../app.ts';

export interface GitlabProps {
  readonly account: string;
  readonly region: string;
  /** Issuer of GitLab's ID tokens: an address without a slash at the end. */
  readonly issuer: string;
  /** Audience of the jobs' ID tokens. */
  readonly audience: string;
}

/**
 * Makes the account trust ID tokens of GitLab (https://docs.gitlab.com/ci/cloud_services/aws/). It is a stack of its own,
 * because an account can have only one provider per GitLab and may contain several environments. Without thumbprints, IAM
 * verifies GitLab's certificate with its own list of authorities, or retrieves the thumbprint
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html).
 */
class GitlabStack extends VendhostStack {
  constructor(app: App, { account, region, issuer, audience }: GitlabProps) {
    super(
      app,
      names.gitlabStack,
      { account, region, tags: { 'vendhost:layer': 'gitlab' } },
      { description: `Trust in ID tokens of ${issuer}` },
    );
    const provider = new CfnOIDCProvider(this, 'Provider', { url: issuer, clientIdList: [audience] });
    provider.applyRemovalPolicy(RemovalPolicy.DESTROY);
  }
}

/** The app of the stack that an account has once, for all environments in it. */
export function gitlabApp(app: AppProps, props: GitlabProps): App {
  const made = newApp(app);
  new GitlabStack(made, props);
  return made;
}
