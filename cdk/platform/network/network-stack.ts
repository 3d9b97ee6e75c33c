import { type App, CfnOutput, Fn, Tags, Validations } from 'aws-cdk-lib';
import { type CfnSubnet, GatewayVpcEndpointAwsService, type ISubnet, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { names, tags } from '../../../scripts/config/names.ts';
import { networkPlan, type SubnetKind, subnetKinds, zones } from '../../../scripts/config/network.ts';
import { VendhostStack } from '../../app.ts';
import type { PlatformProps } from '../platform-props.ts';
import { Facts, type FactValues } from '../published-facts.ts';
import { CidrPlan } from './cidr-plan.ts';
import { FlowLogs } from './flow-logs.ts';

/** Outputs of the network stack that become parameters of the balancer stacks, under the same names. */
export const networkOutputs = ['VpcId', 'PublicSubnetIds'] as const;

type Subnets = Readonly<Record<SubnetKind, readonly ISubnet[]>>;

/**
 * The VPC of an environment. Each of three zones has a public subnet (load balancers, NAT), an egress subnet (instances, which
 * reach the internet but are not reachable from it) and an isolated subnet (databases, by the one DB subnet group), with the
 * CIDR blocks of `networkPlan`. There is one NAT gateway, or one per zone so that no zone depends on another.
 */
export class NetworkStack extends VendhostStack {
  readonly #zones: readonly string[] | undefined;

  constructor(app: App, { environment, config, zones: asked }: PlatformProps) {
    super(
      app,
      names.platformStack(environment, 'network'),
      { account: config.account, region: config.region, tags: tags(environment, 'network') },
      { description: `VPC of ${environment}` },
    );
    this.#zones = asked;
    const plan = networkPlan(config);
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: `vendhost-${environment}`,
      ipAddresses: new CidrPlan(config),
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        { name: 'egress', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED },
      ],
      natGateways: config.nat === 'one' ? 1 : zones,
      // Traffic to S3 (revisions, packages, logs) bypasses the NAT gateway and is free.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      // CloudFormation cannot remove the rules of the default group (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/658).
      // CDK does it with a Lambda function, which needs a bootstrap bucket. Nothing here uses that group.
      restrictDefaultSecurityGroup: false,
    });
    const subnets = { public: vpc.publicSubnets, egress: vpc.privateSubnets, isolated: vpc.isolatedSubnets };
    nameSubnets(`vendhost-${environment}`, subnets);
    if (config.flow_logs === 'none') {
      Validations.of(vpc).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'platform.yml asks for no flow logs.' });
    } else {
      new FlowLogs(this, 'FlowLogs', { vpc, environment, traffic: config.flow_logs });
    }

    // Tenants may not create one: IAM has no key for the subnets in it.
    const databases = new CfnDBSubnetGroup(this, 'DatabaseSubnets', {
      dbSubnetGroupName: names.databaseSubnets(environment),
      dbSubnetGroupDescription: `Isolated subnets for the databases of ${environment}`,
      subnetIds: ids(subnets.isolated),
    });

    new CfnOutput(this, 'VpcId', { value: vpc.vpcId });
    new CfnOutput(this, 'PublicSubnetIds', { value: ids(vpc.publicSubnets).join(',') });
    new Facts(this, environment, {
      'vpc-id': vpc.vpcId,
      'vpc-cidr': config.cidr,
      'public-cidr': plan.public.supernet,
      'egress-cidr': plan.egress.supernet,
      'isolated-cidr': plan.isolated.supernet,
      'public-subnet-ids': ids(subnets.public),
      'egress-subnet-ids': ids(subnets.egress),
      'isolated-subnet-ids': ids(subnets.isolated),
      'database-subnet-group': databases.ref,
      ...subnetFacts(subnets),
    });
  }

  /** The zones that EC2 named once, else the region's first three, resolved by CloudFormation; CDK would look them up during synthesis. */
  override get availabilityZones(): string[] {
    if (this.#zones !== undefined) return [...this.#zones];
    return Array.from({ length: zones }, (_, index) => Fn.select(index, Fn.getAzs()));
  }
}

/** Letter for the first, second and third zone. AWS's names can differ (ca-central-1 has no c); the fact `zone` has them. */
function letter(zone: number): string {
  return 'abc'.charAt(zone);
}

/** Names subnets like `vendhost-dev-egress-a`; CDK would use their paths in the code. */
function nameSubnets(prefix: string, subnets: Subnets): void {
  for (const kind of subnetKinds) {
    subnets[kind].forEach((subnet, zone) => {
      Tags.of(subnet).add('Name', `${prefix}-${kind}-${letter(zone)}`);
    });
  }
}

/** Id, CIDR block and zone of each subnet, for people and for templates of other teams; tenants read the lists. */
function subnetFacts(subnets: Subnets): FactValues {
  const facts = subnetKinds.flatMap((kind) =>
    subnets[kind].flatMap((subnet, index) => {
      const zone = letter(index);
      return [
        [names.subnetFact(kind, zone, 'id'), subnet.subnetId],
        [names.subnetFact(kind, zone, 'cidr'), subnet.ipv4CidrBlock],
        [names.subnetFact(kind, zone, 'zone'), (subnet.node.defaultChild as CfnSubnet).attrAvailabilityZone],
      ];
    }),
  );
  return Object.fromEntries(facts);
}

function ids(subnets: readonly ISubnet[]): string[] {
  return subnets.map(({ subnetId }) => subnetId);
}
