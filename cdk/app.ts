import { App, LegacyStackSynthesizer, Stack, type StackProps, Tags } from 'aws-cdk-lib';

/** Options for synthesis; tests need none. */
export interface AppProps {
  readonly outdir?: string;
  readonly context?: Readonly<Record<string, unknown>>;
  /** `false` skips the check against CloudFormation's rules, which takes seconds; for templates that are only compared. */
  readonly validation?: boolean;
}

/** Account and region of a stack, and the tags of all its resources. */
export interface StackPlace {
  readonly account: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Feature flags that new CDK apps set. Invalid properties are errors at synthesis, not in the middle of a deploy. */
const flags = {
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-kms:aliasNameRef': true,
  '@aws-cdk/aws-s3:createDefaultLoggingPolicy': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/aws-ec2:launchTemplateDefaultUserData': true,
  '@aws-cdk/aws-autoscaling:generateLaunchTemplateInsteadOfLaunchConfig': true,
  '@aws-cdk/aws-rds:databaseProxyUniqueResourceName': true,
  '@aws-cdk/aws-codepipeline:crossAccountKeysDefaultValueToFalse': true,
};

/**
 * An app whose stacks need no CDK bootstrap: no assets, inline templates, none of the bootstrap's roles
 * (https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html). `BootstraplessSynthesizer` would still name the
 * bootstrap's execution role in the assembly, and CloudFormation refuses a role that does not exist.
 */
export function newApp({ outdir, context, validation = true }: AppProps = {}): App {
  return new App({
    ...(outdir === undefined ? {} : { outdir }),
    context: { ...flags, ...context },
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: validation,
    defaultStackSynthesizer: new LegacyStackSynthesizer(),
  });
}

/** A stack with a fixed name, account and region, whose tags are on every resource. */
export class VendhostStack extends Stack {
  constructor(app: App, name: string, { account, region, tags }: StackPlace, props: StackProps = {}) {
    super(app, name, { ...props, stackName: name, env: { account, region }, tags });
    // CloudFormation does not copy the stack's tags to every type of resource.
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
  }
}
