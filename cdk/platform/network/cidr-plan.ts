import type { AllocateCidrRequest, IIpAddresses, SubnetIpamOptions, VpcIpamOptions } from 'aws-cdk-lib/aws-ec2';
import { type NetworkChoice, networkPlan, subnetKinds } from '../../../scripts/config/network.ts';

/** Gives CDK's VPC the CIDR blocks of `networkPlan`, in place of those CDK would compute. */
export class CidrPlan implements IIpAddresses {
  readonly #choice: NetworkChoice;

  constructor(choice: NetworkChoice) {
    this.#choice = choice;
  }

  allocateVpcCidr(): VpcIpamOptions {
    return { cidrBlock: this.#choice.cidr };
  }

  allocateSubnetsCidr({ requestedSubnets }: AllocateCidrRequest): SubnetIpamOptions {
    const plan = networkPlan(this.#choice);
    const allocated = new Map(subnetKinds.map((kind) => [kind as string, [...plan[kind].subnets]]));
    return {
      // CDK requests them kind by kind, and within a kind zone by zone.
      allocatedSubnets: requestedSubnets.map(({ configuration: { name } }) => {
        const cidr = allocated.get(name)?.shift();
        if (cidr === undefined) throw new Error(`no block is planned for another subnet called ${name}`);
        return { cidr };
      }),
    };
  }
}
