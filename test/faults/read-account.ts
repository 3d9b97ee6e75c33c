import { ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Aws } from '../../scripts/aws/session.ts';

const running = ['pending', 'running', 'stopping', 'stopped'];

/** All there is in an account that a command makes, one name for each thing; names that are random are made the same. */
export async function readAccount(aws: Aws): Promise<string[]> {
  const all = await Promise.all([stacks(aws), machines(aws), storage(aws), traffic(aws), releases(aws), access(aws)]);
  return all.flat().map(plain);
}

/** Ids and hashes are others in each run; the number of the account is, too. */
function plain(name: string): string {
  return (
    name
      // Before the numbers of accounts: twelve digits may be the end of one.
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27,}/g, 'ID')
      .replace(/\b\d{12}\b/g, 'ACCOUNT')
      .replace(/(claims\/listener\/)[^/]+/, '$1LISTENER')
      .replace(/\b[0-9a-f]{8,}\b/g, 'ID')
  );
}

async function stacks(aws: Aws): Promise<string[]> {
  const { paginateDescribeStacks, paginateListChangeSets } = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  const found: string[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    for (const { StackName, StackId, StackStatus = '' } of Stacks) {
      if (StackStatus === 'DELETE_COMPLETE') continue;
      found.push(`stack ${StackName}, ${/^(CREATE|UPDATE)_COMPLETE$/.test(StackStatus) ? 'complete' : StackStatus}`);
      for await (const { Summaries = [] } of paginateListChangeSets({ client }, { StackName: StackId })) {
        found.push(...Summaries.map(({ ExecutionStatus }) => `change set of ${StackName}, ${ExecutionStatus}`));
      }
    }
  }
  return found;
}

async function machines(aws: Aws): Promise<string[]> {
  const ec2 = await import('@aws-sdk/client-ec2');
  const client = await aws.ec2();
  const found: string[] = [];
  const Filters = [{ Name: 'instance-state-name', Values: running }];
  for await (const { Reservations = [] } of ec2.paginateDescribeInstances({ client }, { Filters })) {
    for (const { Tags = [] } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      found.push(`instance of layer ${Tags.find(({ Key }) => Key === 'vendhost:layer')?.Value}`);
    }
  }
  for await (const { Images = [] } of ec2.paginateDescribeImages({ client }, { Owners: ['self'] })) {
    found.push(
      ...Images.map(({ Tags = [] }) =>
        Tags.some(({ Key }) => Key === 'vendhost:bake-key') ? 'image' : 'image without key',
      ),
    );
  }
  for await (const { Snapshots = [] } of ec2.paginateDescribeSnapshots({ client }, { OwnerIds: ['self'] })) {
    found.push(...Snapshots.map(() => 'snapshot'));
  }
  const { KeyPairs = [] } = await client.send(new ec2.DescribeKeyPairsCommand({}));
  found.push(...KeyPairs.map(() => 'key pair'));
  for await (const { SecurityGroups = [] } of ec2.paginateDescribeSecurityGroups({ client }, {})) {
    found.push(
      ...SecurityGroups.map(({ GroupName = '' }) => `security group ${GroupName.replace(/-[0-9A-Za-z]+$/, '')}`),
    );
  }
  for await (const { LaunchTemplates = [] } of ec2.paginateDescribeLaunchTemplates({ client }, {})) {
    found.push(...LaunchTemplates.map(() => 'launch template'));
  }
  const { paginateDescribeAutoScalingGroups, DescribeInstanceRefreshesCommand } = await import(
    '@aws-sdk/client-auto-scaling'
  );
  const scaling = await aws.autoScaling();
  for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client: scaling }, {})) {
    for (const { AutoScalingGroupName } of AutoScalingGroups) {
      found.push('group of instances');
      const { InstanceRefreshes = [] } = await scaling.send(
        new DescribeInstanceRefreshesCommand({ AutoScalingGroupName }),
      );
      const open = InstanceRefreshes.filter(({ Status = '' }) =>
        ['Pending', 'InProgress', 'Baking', 'Cancelling'].includes(Status),
      );
      found.push(...open.map(({ Status }) => `instance refresh, ${Status}`));
    }
  }
  return found;
}

async function storage(aws: Aws): Promise<string[]> {
  const { ListBucketsCommand } = await import('@aws-sdk/client-s3');
  const client = await aws.s3();
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  const found = await Promise.all(Buckets.map(({ Name = '' }) => objects(client, Name)));
  return found.flat();
}

async function objects(client: S3Client, Bucket: string): Promise<string[]> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
  const found = [`bucket ${Bucket}`];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    const keys = Contents.map(({ Key = '' }) => Key);
    // Logs and artifacts of pipelines are written by AWS itself; records of actions are as many as there were jobs that came to their end.
    found.push(
      ...keys.filter((key) => !/^(logs|AWSLogs|audit|vendhost-[^/]+)\//.test(key)).map((key) => `object ${key}`),
    );
  }
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  return [...found, ...Uploads.map(() => `unfinished upload to ${Bucket}`)];
}

async function traffic(aws: Aws): Promise<string[]> {
  const elb = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await aws.elb();
  const found: string[] = [];
  for await (const { LoadBalancers = [] } of elb.paginateDescribeLoadBalancers({ client }, {})) {
    for (const { LoadBalancerName, LoadBalancerArn } of LoadBalancers) {
      found.push(`load balancer ${LoadBalancerName}`);
      for await (const { Listeners = [] } of elb.paginateDescribeListeners({ client }, { LoadBalancerArn })) {
        for (const { ListenerArn, Port } of Listeners) {
          for await (const { Rules = [] } of elb.paginateDescribeRules({ client }, { ListenerArn })) {
            found.push(...Rules.map(({ Priority }) => `rule ${Priority} of port ${Port}`));
          }
        }
      }
    }
  }
  for await (const { TargetGroups = [] } of elb.paginateDescribeTargetGroups({ client }, {})) {
    found.push(...TargetGroups.map(({ TargetGroupName }) => `target group ${TargetGroupName}`));
  }
  return found;
}

/** Executions and deployments but those that were stopped: they did nothing. */
async function releases(aws: Aws): Promise<string[]> {
  const pipeline = await import('@aws-sdk/client-codepipeline');
  const client = await aws.codePipeline();
  const found: string[] = [];
  for await (const { pipelines = [] } of pipeline.paginateListPipelines({ client }, {})) {
    for (const { name: pipelineName } of pipelines) {
      found.push(`pipeline ${pipelineName}`);
      for await (const page of pipeline.paginateListPipelineExecutions({ client }, { pipelineName })) {
        const executions = page.pipelineExecutionSummaries ?? [];
        const counted = executions.filter(
          ({ status }) => !['Stopped', 'Superseded', 'Cancelled'].includes(status ?? ''),
        );
        found.push(...counted.map(({ status }) => `execution of ${pipelineName}, ${status}`));
      }
    }
  }
  const deploy = await import('@aws-sdk/client-codedeploy');
  const codeDeploy = await aws.codeDeploy();
  const includeOnlyStatuses = ['Created', 'Queued', 'InProgress', 'Baking', 'Ready', 'Succeeded'] as const;
  for await (const { deployments = [] } of deploy.paginateListDeployments(
    { client: codeDeploy },
    { includeOnlyStatuses: [...includeOnlyStatuses] },
  )) {
    found.push(...deployments.map(() => 'deployment'));
  }
  return found;
}

async function access(aws: Aws): Promise<string[]> {
  const iam = await import('@aws-sdk/client-iam');
  const client = await aws.iam();
  const found: string[] = [];
  for await (const { Roles = [] } of iam.paginateListRoles({ client }, {})) {
    found.push(...Roles.map(({ RoleName }) => `role ${RoleName}`));
  }
  const { OpenIDConnectProviderList = [] } = await client.send(new iam.ListOpenIDConnectProvidersCommand({}));
  found.push(...OpenIDConnectProviderList.map(() => 'identity provider'));
  const { paginateDescribeParameters } = await import('@aws-sdk/client-ssm');
  for await (const { Parameters = [] } of paginateDescribeParameters({ client: await aws.ssm() }, {})) {
    found.push(...Parameters.map(({ Name }) => `parameter ${Name}`));
  }
  return [...found, ...(await data(aws))];
}

/** Databases, and what outlives them under its own name. */
async function data(aws: Aws): Promise<string[]> {
  const rds = await import('@aws-sdk/client-rds');
  const client = await aws.rds();
  const found: string[] = [];
  for await (const { DBInstances = [] } of rds.paginateDescribeDBInstances({ client }, {})) {
    found.push(...DBInstances.map(() => 'database'));
  }
  for await (const { DBSnapshots = [] } of rds.paginateDescribeDBSnapshots({ client }, {})) {
    found.push(...DBSnapshots.map(({ Status }) => `snapshot of a database, ${Status}`));
  }
  const { paginateListSecrets } = await import('@aws-sdk/client-secrets-manager');
  for await (const { SecretList = [] } of paginateListSecrets({ client: await aws.secretsManager() }, {})) {
    found.push(...SecretList.map(({ Name }) => `secret ${Name}`));
  }
  const { paginateDescribeLogGroups } = await import('@aws-sdk/client-cloudwatch-logs');
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: await aws.logs() }, {})) {
    found.push(...logGroups.map(({ logGroupName }) => `log group ${logGroupName}`));
  }
  return found;
}
