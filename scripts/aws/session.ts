import type { ACMClient } from '@aws-sdk/client-acm';
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import type { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@aws-sdk/types';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type CredentialSource, credentialSource, type RoleOptions } from './credentials.ts';

/** One account and region, with clients that load when first asked for. */
export interface Aws {
  readonly region: string;
  /** Set when the command talks to something else than AWS, like the local cloud. */
  readonly endpoint: string | undefined;
  readonly credentials: () => Promise<AwsCredentialIdentity>;
  readonly account: () => Promise<string>;
  readonly acm: () => Promise<ACMClient>;
  readonly autoScaling: () => Promise<AutoScalingClient>;
  readonly cloudFormation: () => Promise<CloudFormationClient>;
  readonly codeDeploy: () => Promise<CodeDeployClient>;
  readonly codePipeline: () => Promise<CodePipelineClient>;
  readonly ec2: () => Promise<EC2Client>;
  readonly elb: () => Promise<ElasticLoadBalancingV2Client>;
  readonly iam: () => Promise<IAMClient>;
  readonly logs: () => Promise<CloudWatchLogsClient>;
  readonly s3: () => Promise<S3Client>;
  readonly ssm: () => Promise<SSMClient>;
  readonly sts: () => Promise<STSClient>;
}

export interface ClientOptions {
  region: string;
  credentials: CredentialSource;
  endpoint?: string;
  /** The SDK retries throttling with exponential back-off and jitter (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). */
  maxAttempts: number;
  customUserAgent: string;
}

/** Opens the account that the job's ID token, or the machine's own credentials, give access to. */
export function openAws(runtime: Runtime, options: { region?: string } & RoleOptions = {}): Aws {
  const region = options.region ?? runtime.env.AWS_REGION ?? runtime.env.AWS_DEFAULT_REGION;
  if (region === undefined || region === '') {
    throw new VendhostError('REGION_MISSING', 'no AWS region is set', {
      hint: "set AWS_REGION; in a tenant's project `vendhost tenant vend` sets it: ask the platform team",
    });
  }
  const endpoint = runtime.env.AWS_ENDPOINT_URL;
  const shared: ClientOptions = {
    region,
    credentials: credentialSource(runtime, region, options),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 5,
    customUserAgent: 'vendhost',
  };
  const sts = once(async () => new (await import('@aws-sdk/client-sts')).STSClient(shared));
  return {
    region,
    endpoint,
    credentials: shared.credentials,
    account: once(async () => {
      const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
      const { Account } = await (await sts()).send(new GetCallerIdentityCommand({}));
      if (Account === undefined) throw new Error('GetCallerIdentity answered without an account');
      return Account;
    }),
    acm: once(async () => new (await import('@aws-sdk/client-acm')).ACMClient(shared)),
    autoScaling: once(async () => new (await import('@aws-sdk/client-auto-scaling')).AutoScalingClient(shared)),
    cloudFormation: once(async () => new (await import('@aws-sdk/client-cloudformation')).CloudFormationClient(shared)),
    codeDeploy: once(async () => new (await import('@aws-sdk/client-codedeploy')).CodeDeployClient(shared)),
    codePipeline: once(async () => new (await import('@aws-sdk/client-codepipeline')).CodePipelineClient(shared)),
    ec2: once(async () => new (await import('@aws-sdk/client-ec2')).EC2Client(shared)),
    elb: once(
      async () => new (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2Client(shared),
    ),
    iam: once(async () => new (await import('@aws-sdk/client-iam')).IAMClient(shared)),
    logs: once(async () => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(shared)),
    s3: once(async () => {
      const { S3Client } = await import('@aws-sdk/client-s3');
      return new S3Client({ ...shared, forcePathStyle: endpoint !== undefined });
    }),
    ssm: once(async () => new (await import('@aws-sdk/client-ssm')).SSMClient(shared)),
    sts,
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
