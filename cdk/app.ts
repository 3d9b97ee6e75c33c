import { App, LegacyStackSynthesizer, Stack, type StackProps, Tags } from 'aws-cdk-lib';

/** Where and with what context an app is synthesized; empty in tests. */
export interface AppProps {
  readonly outdir?: string;
  readonly context?: Readonly<Record<string, unknown>>;
  /** `false`: templates are not checked by CloudFormation's rules, which takes seconds; for those only compared. */
  readonly validation?: boolean;
}

/** Where a stack goes, and the tags all its resources carry. */
export interface StackPlace {
  readonly account: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Behaviour of the CDK that new apps choose; wrong properties are errors at synthesis, not in the middle of a deploy. */
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
 * An app whose stacks need no CDK bootstrap: no assets, templates are sent inline, and no role of the CDK's exists
 * (https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html). The bootstrapless synthesizer would still name the
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

/** A stack with a fixed name, account and region; its tags reach every resource. */
export class VendhostStack extends Stack {
  constructor(app: App, name: string, { account, region, tags }: StackPlace, props: StackProps = {}) {
    super(app, name, { ...props, stackName: name, env: { account, region }, tags });
    // Not every resource takes over the tags of its stack.
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
  }
}
