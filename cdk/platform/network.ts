import { type App, CfnOutput, Fn, Tags } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, type ISubnet, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { names, tags } from '../../scripts/config/names.ts';
import { VendhostStack } from '../app.ts';
import type { PlatformProps } from './app.ts';
import { CidrPlan, type SubnetKind, subnetKinds, supernetCidr, zones } from './cidr-plan.ts';
import { Facts } from './facts.ts';
import { RejectedTraffic } from './rejected-traffic.ts';

/** Outputs of the network stack that the balancer stack takes as parameters of the same names. */
export const networkOutputs = ['VpcId', 'PublicSubnetIds'] as const;

/**
 * The VPC of an environment: in each of three zones a public subnet (load balancer, NAT), a natted one (instances: they
 * reach the internet and are not reached from it) and a private one (databases). Production has a NAT gateway in each
 * zone, so that no zone depends on another; one serves the other environments.
 */
export class NetworkStack extends VendhostStack {
  constructor(app: App, { environment, config }: PlatformProps) {
    super(
      app,
      names.platformStack(environment, 'network'),
      { account: config.account, region: config.region, tags: tags(environment, 'network') },
      { description: `VPC of ${environment}` },
    );
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: `vendhost-${environment}`,
      ipAddresses: new CidrPlan(config.cidr),
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        { name: 'natted', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'private', subnetType: SubnetType.PRIVATE_ISOLATED },
      ],
      natGateways: config.nat === 'one' ? 1 : zones,
      // Traffic to S3 (revisions, packages, logs) is free this way and does not pass the NAT gateway.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      // CDK would do it with a Lambda function of its own, which needs a bootstrap bucket.
      restrictDefaultSecurityGroup: false,
    });
    nameSubnets(`vendhost-${environment}`, {
      public: vpc.publicSubnets,
      natted: vpc.privateSubnets,
      private: vpc.isolatedSubnets,
    });
    new RejectedTraffic(this, 'RejectedTraffic', { vpc, environment });

    new CfnOutput(this, 'VpcId', { value: vpc.vpcId });
    new CfnOutput(this, 'PublicSubnetIds', { value: ids(vpc.publicSubnets).join(',') });
    new Facts(this, environment, {
      'vpc-id': vpc.vpcId,
      'vpc-cidr': config.cidr,
      'public-cidr': supernetCidr(config.cidr, 'public'),
      'natted-cidr': supernetCidr(config.cidr, 'natted'),
      'private-cidr': supernetCidr(config.cidr, 'private'),
      'public-subnet-ids': ids(vpc.publicSubnets),
      'natted-subnet-ids': ids(vpc.privateSubnets),
      'private-subnet-ids': ids(vpc.isolatedSubnets),
    });
  }

  /** The region's first three zones, as CloudFormation finds them: CDK would ask AWS during synthesis. */
  override get availabilityZones(): string[] {
    return Array.from({ length: zones }, (_, index) => Fn.select(index, Fn.getAzs()));
  }
}

/** `vendhost-dev-natted-a`: what people look for; CDK's names are paths in the code. */
function nameSubnets(prefix: string, subnets: Readonly<Record<SubnetKind, readonly ISubnet[]>>): void {
  for (const kind of subnetKinds) {
    subnets[kind].forEach((subnet, zone) => {
      Tags.of(subnet).add('Name', `${prefix}-${kind}-${'abc'.charAt(zone)}`);
    });
  }
}

function ids(subnets: readonly ISubnet[]): string[] {
  return subnets.map(({ subnetId }) => subnetId);
}
