import {
  CloudFormationClient,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListChangeSetsCommand,
  UpdateStackCommand,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { CodeDeployClient, ListDeploymentsCommand } from '@aws-sdk/client-codedeploy';
import {
  DescribeFlowLogsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type Image,
  RebootInstancesCommand,
} from '@aws-sdk/client-ec2';
import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { devAccount, type World } from './world.ts';

type Cloud = Pick<World, 'cloud'>;

/** A stack as it stands: any operation on it, and any change set made for it, shows. */
export interface Standing {
  readonly stack: string;
  readonly status: string | undefined;
  readonly updated: Date | undefined;
  /** ARNs of the change sets that there are. */
  readonly changeSets: readonly (string | undefined)[];
}

/** All stacks of an account, by name. */
export async function stacks({ cloud }: Cloud, account: string): Promise<Standing[]> {
  const client = new CloudFormationClient(options(cloud, account));
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({}));
  const standing = Stacks.map(async (stack): Promise<Standing> => {
    const { Summaries = [] } = await client.send(new ListChangeSetsCommand({ StackName: stack.StackId }));
    return {
      stack: stack.StackName ?? '',
      status: stack.StackStatus,
      updated: stack.LastUpdatedTime,
      changeSets: Summaries.map(({ ChangeSetId }) => ChangeSetId),
    };
  });
  return (await Promise.all(standing)).sort((one, other) => one.stack.localeCompare(other.stack));
}

/** What became of a change set: `AVAILABLE`, `EXECUTE_COMPLETE` and the like. */
export async function executionOf({ cloud }: Cloud, account: string, changeSet: string): Promise<string | undefined> {
  const client = new CloudFormationClient(options(cloud, account));
  return (await client.send(new DescribeChangeSetCommand({ ChangeSetName: changeSet }))).ExecutionStatus;
}

/** Changes a stack's template as a person does in the console, and waits for it. */
export async function changeByHand(
  { cloud }: Cloud,
  account: string,
  stack: string,
  change: (template: Template) => void,
): Promise<void> {
  const client = new CloudFormationClient(options(cloud, account));
  const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName: stack }));
  const template = JSON.parse(TemplateBody) as Template;
  change(template);
  await client.send(
    new UpdateStackCommand({
      StackName: stack,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    }),
  );
  await waitUntilStackUpdateComplete({ client, maxWaitTime: 200, minDelay: 0.05, maxDelay: 1 }, { StackName: stack });
}

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties: Record<string, unknown> }>>;
}

/** Which traffic the flow logs of an account's network keep. */
export async function flowLogs({ cloud }: Cloud, account: string): Promise<(string | undefined)[]> {
  const client = new EC2Client(options(cloud, account));
  const { FlowLogs = [] } = await client.send(new DescribeFlowLogsCommand({}));
  return FlowLogs.map(({ TrafficType }) => TrafficType);
}

/** The images of the account, oldest first. */
export async function images(world: Cloud, account = devAccount): Promise<Image[]> {
  const { Images = [] } = await new EC2Client(options(world.cloud, account)).send(
    new DescribeImagesCommand({ Owners: ['self'] }),
  );
  return Images.sort((a, b) => `${a.CreationDate}`.localeCompare(`${b.CreationDate}`));
}

/** Images of the shop's instances. */
export async function imagesInService(world: Cloud): Promise<(string | undefined)[]> {
  const { Reservations = [] } = await ec2(world).send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'tag:vendhost:layer', Values: ['host'] },
        { Name: 'instance-state-name', Values: ['running'] },
      ],
    }),
  );
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ ImageId }) => ImageId));
}

/** What a bake must not leave. */
export async function leftovers(world: Cloud) {
  const client = ec2(world);
  const [instances, keyPairs, groups] = await Promise.all([
    client.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'tag:vendhost:layer', Values: ['image'] },
          { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
        ],
      }),
    ),
    client.send(new DescribeKeyPairsCommand({})),
    client.send(new DescribeSecurityGroupsCommand({})),
  ]);
  return {
    builders: (instances.Reservations ?? []).flatMap(({ Instances = [] }) => Instances.map((one) => one.InstanceId)),
    keyPairs: (keyPairs.KeyPairs ?? []).map(({ KeyName }) => KeyName),
    securityGroups: (groups.SecurityGroups ?? [])
      .map(({ GroupName }) => GroupName)
      .filter((name) => name?.startsWith('vendhost-bake-')),
  };
}

/** Deployments of the shop that have not ended. */
export async function deploymentsInProgress({ cloud }: Cloud): Promise<string[]> {
  const client = new CodeDeployClient(options(cloud));
  const { deployments = [] } = await client.send(
    new ListDeploymentsCommand({
      applicationName: 'vendhost-dev-shop',
      deploymentGroupName: 'vendhost-dev-shop',
      includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Baking', 'Ready'],
    }),
  );
  return deployments;
}

/** Rotates the password that RDS keeps for the shop, as RDS does every week. */
export async function rotatePassword({ cloud }: Cloud): Promise<void> {
  const { Stacks = [] } = await new CloudFormationClient(options(cloud)).send(
    new DescribeStacksCommand({ StackName: 'vendhost-dev-shop-data' }),
  );
  const secret = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'DatabaseSecret')?.OutputValue;
  await new SecretsManagerClient(options(cloud)).send(new RotateSecretCommand({ SecretId: secret }));
}

/** Boots every instance of the shop again, and says which. */
export async function rebootAll(world: Cloud): Promise<string[]> {
  const Filters = [
    { Name: 'tag:vendhost:tenant', Values: ['shop'] },
    { Name: 'instance-state-name', Values: ['running'] },
  ];
  const { Reservations = [] } = await ec2(world).send(new DescribeInstancesCommand({ Filters }));
  const ids = Reservations.flatMap(({ Instances = [] }) => Instances.flatMap(({ InstanceId }) => InstanceId ?? []));
  await ec2(world).send(new RebootInstancesCommand({ InstanceIds: ids }));
  return ids;
}

const ec2 = ({ cloud }: Cloud) => new EC2Client(options(cloud));

function options(cloud: World['cloud'], account = devAccount) {
  return {
    endpoint: cloud.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: account, secretAccessKey: 'local-cloud' },
  };
}
