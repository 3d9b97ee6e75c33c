import { CodeDeployClient, ListDeploymentsCommand } from '@aws-sdk/client-codedeploy';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';
import { devAccount, type World } from './world.ts';

type Cloud = Pick<World, 'cloud'>;

/** The images of the account, oldest first. */
export async function images(world: Cloud): Promise<Image[]> {
  const { Images = [] } = await ec2(world).send(new DescribeImagesCommand({ Owners: ['self'] }));
  return Images.sort((a, b) => `${a.CreationDate}`.localeCompare(`${b.CreationDate}`));
}

/** What a bake must not leave: Packer names its key pairs and security groups `packer…`. */
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
      .filter((name) => name?.startsWith('packer')),
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

const ec2 = ({ cloud }: Cloud) => new EC2Client(options(cloud));

function options(cloud: World['cloud']) {
  return {
    endpoint: cloud.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: devAccount, secretAccessKey: 'local-cloud' },
  };
}
