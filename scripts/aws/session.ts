import type { ACMClient } from '@aws-sdk/client-acm';
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { CodeBuildClient } from '@aws-sdk/client-codebuild';
import type { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import type { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import type { CostExplorerClient } from '@aws-sdk/client-cost-explorer';
import type { EBSClient } from '@aws-sdk/client-ebs';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity, Pluggable } from '@aws-sdk/types';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { answered, refuseWebPages } from './answers.ts';
import { callLog } from './calls/call-log.ts';
import { rememberFailedCalls } from './calls/failed-call.ts';
import { awsPatience } from './calls/retries.ts';
import { type CredentialSource, credentialSource, endpointOf, type RoleOptions } from './credentials.ts';
import { type Pace, paces } from './poll.ts';

/** One account and region, with clients that are loaded on first use. */
export interface Aws {
  readonly region: string;
  /** Endpoint used instead of AWS's own: a proxy, a recorder, the local cloud. It changes nothing but the address. */
  readonly endpoint: string | undefined;
  /** The endpoint is the local cloud of this project's tests and demo, not AWS. */
  readonly isLocalCloud: boolean;
  /** How often to poll; every poll uses it. */
  readonly pace: Pace;
  readonly credentials: () => Promise<AwsCredentialIdentity>;
  readonly account: () => Promise<string>;
  readonly acm: () => Promise<ACMClient>;
  readonly autoScaling: () => Promise<AutoScalingClient>;
  readonly cloudFormation: () => Promise<CloudFormationClient>;
  readonly cloudWatch: () => Promise<CloudWatchClient>;
  readonly cloudTrail: () => Promise<CloudTrailClient>;
  /** In the region that has the events of IAM and other services without a region. */
  readonly globalCloudTrail: () => Promise<CloudTrailClient>;
  readonly codeBuild: () => Promise<CodeBuildClient>;
  readonly codeDeploy: () => Promise<CodeDeployClient>;
  readonly codePipeline: () => Promise<CodePipelineClient>;
  /** In its only region (https://docs.aws.amazon.com/general/latest/gr/billing.html). */
  readonly costExplorer: () => Promise<CostExplorerClient>;
  /** The direct APIs: blocks of snapshots. */
  readonly ebs: () => Promise<EBSClient>;
  readonly ec2: () => Promise<EC2Client>;
  readonly elb: () => Promise<ElasticLoadBalancingV2Client>;
  readonly iam: () => Promise<IAMClient>;
  readonly logs: () => Promise<CloudWatchLogsClient>;
  readonly rds: () => Promise<RDSClient>;
  readonly s3: () => Promise<S3Client>;
  readonly secretsManager: () => Promise<SecretsManagerClient>;
  readonly serviceQuotas: () => Promise<ServiceQuotasClient>;
  readonly sns: () => Promise<SNSClient>;
  readonly ssm: () => Promise<SSMClient>;
  readonly sts: () => Promise<STSClient>;
}

interface SdkClient {
  // biome-ignore lint/suspicious/noExplicitAny: each client has a stack of its own types
  readonly middlewareStack: { use(plugin: Pluggable<any, any>): void };
}

type ClientOptions = typeof awsPatience & {
  region: string;
  credentials: CredentialSource;
  endpoint?: string;
  customUserAgent: string;
};

/** Opens the account that the job's ID token, or the machine's own credentials, give access to. */
export function openAws(runtime: Runtime, options: { region?: string } & RoleOptions = {}): Aws {
  const region = options.region ?? (runtime.env.AWS_REGION || runtime.env.AWS_DEFAULT_REGION);
  if (region === undefined || region === '') {
    throw new VendhostError('REGION_MISSING', 'no AWS region is set', {
      hint: "set AWS_REGION; in a tenant's project `vendhost tenant vend` sets it: ask the platform team",
    });
  }
  // It becomes part of host names.
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(region)) {
    throw new VendhostError('USAGE', `"${region}" is wrong: AWS_REGION must be a region, like eu-west-1`, {
      hint: 'correct it where the job, the shell or the project sets it',
    });
  }
  const endpoint = endpointOf(runtime);
  const isLocalCloud = saysLocalCloud(runtime);
  const shared: ClientOptions = {
    ...awsPatience,
    region,
    credentials: credentialSource(runtime, region, options),
    ...(endpoint === undefined ? {} : { endpoint }),
    customUserAgent: 'vendhost',
  };
  const client = clientFactory(runtime);
  const sts = client(async () => new (await import('@aws-sdk/client-sts')).STSClient(shared));
  return {
    region,
    endpoint,
    isLocalCloud,
    pace: isLocalCloud ? paces.localCloud : paces.aws,
    credentials: shared.credentials,
    account: once(async () => {
      const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
      const { Account } = await (await sts()).send(new GetCallerIdentityCommand({}));
      return answered(Account, 'STS GetCallerIdentity', 'an account');
    }),
    acm: client(async () => new (await import('@aws-sdk/client-acm')).ACMClient(shared)),
    autoScaling: client(async () => new (await import('@aws-sdk/client-auto-scaling')).AutoScalingClient(shared)),
    cloudFormation: client(
      async () => new (await import('@aws-sdk/client-cloudformation')).CloudFormationClient(shared),
    ),
    cloudWatch: client(async () => new (await import('@aws-sdk/client-cloudwatch')).CloudWatchClient(shared)),
    cloudTrail: client(async () => new (await import('@aws-sdk/client-cloudtrail')).CloudTrailClient(shared)),
    globalCloudTrail: client(
      async () =>
        new (await import('@aws-sdk/client-cloudtrail')).CloudTrailClient({ ...shared, region: globalRegion(region) }),
    ),
    codeBuild: client(async () => new (await import('@aws-sdk/client-codebuild')).CodeBuildClient(shared)),
    codeDeploy: client(async () => new (await import('@aws-sdk/client-codedeploy')).CodeDeployClient(shared)),
    codePipeline: client(async () => new (await import('@aws-sdk/client-codepipeline')).CodePipelineClient(shared)),
    costExplorer: client(
      async () =>
        new (await import('@aws-sdk/client-cost-explorer')).CostExplorerClient({
          ...shared,
          region: globalRegion(region),
        }),
    ),
    ebs: client(async () => new (await import('@aws-sdk/client-ebs')).EBSClient(shared)),
    ec2: client(async () => new (await import('@aws-sdk/client-ec2')).EC2Client(shared)),
    elb: client(
      async () => new (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2Client(shared),
    ),
    iam: client(async () => new (await import('@aws-sdk/client-iam')).IAMClient(shared)),
    logs: client(async () => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(shared)),
    rds: client(async () => new (await import('@aws-sdk/client-rds')).RDSClient(shared)),
    s3: client(async () => {
      const { S3Client } = await import('@aws-sdk/client-s3');
      // The SDK puts the bucket before the endpoint's host name, unless that is an IP address
      // (https://github.com/aws/aws-sdk-js-v3/blob/main/codegen/sdk-codegen/aws-models/s3.json, endpointRuleSet). One
      // address was given for all services, and DNS does not have each bucket below it; S3 itself accepts both styles
      // (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
      return new S3Client({ ...shared, forcePathStyle: endpoint !== undefined });
    }),
    secretsManager: client(
      async () => new (await import('@aws-sdk/client-secrets-manager')).SecretsManagerClient(shared),
    ),
    serviceQuotas: client(async () => new (await import('@aws-sdk/client-service-quotas')).ServiceQuotasClient(shared)),
    sns: client(async () => new (await import('@aws-sdk/client-sns')).SNSClient(shared)),
    ssm: client(async () => new (await import('@aws-sdk/client-ssm')).SSMClient(shared)),
    sts,
  };
}

/**
 * `VENDHOST_LOCAL_CLOUD=1`, which the local cloud's launcher sets. An endpoint alone does not count: with a proxy
 * in front of AWS, AWS's behaviour is expected.
 */
function saysLocalCloud({ env }: Runtime): boolean {
  if (env.VENDHOST_LOCAL_CLOUD !== '1') return false;
  if (env.AWS_ENDPOINT_URL) return true;
  throw new VendhostError('LOCAL_CLOUD_MISSING', 'VENDHOST_LOCAL_CLOUD is 1, but AWS_ENDPOINT_URL is not set', {
    hint: 'unset VENDHOST_LOCAL_CLOUD to work with AWS, or set what `node test/local-cloud/start.ts` prints',
  });
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events */
function globalRegion(region: string): string {
  if (region.startsWith('cn-')) return 'cn-north-1';
  return region.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';
}

/** Makes a client on first use; with `--verbose` it prints its calls. */
function clientFactory({ out }: Runtime) {
  const plugins = [rememberFailedCalls, refuseWebPages, ...(out.isVerbose ? [callLog(out)] : [])];
  return <T extends SdkClient>(make: () => Promise<T>) =>
    once(async () => {
      const made = await make();
      for (const plugin of plugins) made.middlewareStack.use(plugin);
      return made;
    });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
