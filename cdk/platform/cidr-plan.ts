import type { AllocateCidrRequest, IIpAddresses, SubnetIpamOptions, VpcIpamOptions } from 'aws-cdk-lib/aws-ec2';

/** Kinds of subnets, in the order of their blocks. */
export const subnetKinds = ['public', 'natted', 'private'] as const;
export type SubnetKind = (typeof subnetKinds)[number];

export const zones = 3;

/** A /16 has four blocks of /18 and each of those four of /20. */
const blockOf18 = 64;
const blockOf20 = 16;

/**
 * The plan of a /16: each kind of subnet has one /18, each zone in it one /20 (4,091 addresses), so that one netmask
 * names a whole kind (`10.10.64.0/18` = everything natted). Each /18 keeps one /20 for a fourth zone, the fourth /18 is free.
 *
 * | kind    | zone a     | zone b     | zone c     | free       | supernet   |
 * |---------|------------|------------|------------|------------|------------|
 * | public  | x.0.0/20   | x.16.0/20  | x.32.0/20  | x.48.0/20  | x.0.0/18   |
 * | natted  | x.64.0/20  | x.80.0/20  | x.96.0/20  | x.112.0/20 | x.64.0/18  |
 * | private | x.128.0/20 | x.144.0/20 | x.160.0/20 | x.176.0/20 | x.128.0/18 |
 * | free    |            |            |            |            | x.192.0/18 |
 */
export function subnetCidr(vpcCidr: string, kind: SubnetKind, zone: number): string {
  return `${prefixOf(vpcCidr)}.${subnetKinds.indexOf(kind) * blockOf18 + zone * blockOf20}.0/20`;
}

/** The one netmask that covers all subnets of a kind. */
export function supernetCidr(vpcCidr: string, kind: SubnetKind): string {
  return `${prefixOf(vpcCidr)}.${subnetKinds.indexOf(kind) * blockOf18}.0/18`;
}

function prefixOf(vpcCidr: string): string {
  return vpcCidr.split('.').slice(0, 2).join('.');
}

/** Hands the plan to CDK's VPC, which would number the subnets in its own way. */
export class CidrPlan implements IIpAddresses {
  readonly #vpcCidr: string;

  constructor(vpcCidr: string) {
    this.#vpcCidr = vpcCidr;
  }

  allocateVpcCidr(): VpcIpamOptions {
    return { cidrBlock: this.#vpcCidr };
  }

  allocateSubnetsCidr({ requestedSubnets }: AllocateCidrRequest): SubnetIpamOptions {
    return {
      allocatedSubnets: requestedSubnets.map(({ configuration }, index) => {
        const kind = subnetKinds.find((name) => name === configuration.name);
        if (kind === undefined) throw new Error(`no block is planned for subnets called ${configuration.name}`);
        return { cidr: subnetCidr(this.#vpcCidr, kind, index % zones) };
      }),
    };
  }
}
