import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place } from '../../../scripts/config/names.ts';

export interface AdmissionProps {
  readonly place: Place;
  readonly facts: PlatformFacts;
  /** Port the software listens on. */
  readonly port: number;
  /** The load balancers' own: more than one while the tenant moves from one to another. */
  readonly securityGroups: readonly string[];
}

/** The instances' security group: only the tenant's load balancer can connect to them, and only to the software's port. */
export class Admission extends Construct {
  readonly group: CfnSecurityGroup;

  constructor(scope: Construct, id: string, { place, facts, port, securityGroups }: AdmissionProps) {
    super(scope, id);
    this.group = new CfnSecurityGroup(this, 'InstanceSecurityGroup', {
      groupDescription: `Instances of ${names.host(place)}`,
      vpcId: facts['vpc-id'],
      securityGroupIngress: securityGroups.map((sourceSecurityGroupId) => ({
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        sourceSecurityGroupId,
        description: 'Requests and health checks of the load balancer',
      })),
      securityGroupEgress: [
        { ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'The software may connect to anything' },
      ],
    });
  }
}
