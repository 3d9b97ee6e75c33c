import { CfnParameter } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { dataOutputs, priorityParameter, type RuleGroup } from '../host-inputs.ts';

/** What changes without a new template: a new image rolls by a parameter. */
export interface HostParameters {
  readonly imageId: CfnParameter;
  /** Root device of the image: the launch template must name the same one to have it encrypted. */
  readonly rootDevice: CfnParameter;
  /** The version of the launch template the group starts instances from; moved on after a roll-out has succeeded. */
  readonly launchTemplateVersion: CfnParameter;
  readonly healthCheckType: CfnParameter;
  readonly priorities: ReadonlyMap<string, CfnParameter>;
}

/** Values of the data stack; without a database there are none. */
export interface DatabaseParameters {
  readonly address: CfnParameter;
  readonly port: CfnParameter;
  readonly securityGroup: CfnParameter;
}

export function declareHostParameters(scope: Construct, groups: readonly RuleGroup[]): HostParameters {
  return {
    imageId: new CfnParameter(scope, 'ImageId', {
      type: 'AWS::EC2::Image::Id',
      description: 'Image the instances start from',
    }),
    rootDevice: new CfnParameter(scope, 'RootDevice', {
      default: '/dev/xvda',
      description: 'Root device of the image',
    }),
    launchTemplateVersion: new CfnParameter(scope, 'LaunchTemplateVersion', {
      default: '1',
      allowedPattern: '[1-9][0-9]*',
      description: 'Version of the launch template that was rolled out',
    }),
    healthCheckType: new CfnParameter(scope, 'HealthCheckType', {
      default: 'EC2',
      allowedValues: ['EC2', 'ELB'],
      description: 'ELB once a release has succeeded: before it no instance can be healthy',
    }),
    priorities: new Map(
      groups.map(({ band, hosts }) => [
        band,
        new CfnParameter(scope, priorityParameter(band), {
          type: 'Number',
          minValue: 1,
          maxValue: 50_000,
          description: `Claimed priority of the rule for ${hosts.join(', ')}`,
        }),
      ]),
    ),
  };
}

export function declareDatabaseParameters(scope: Construct): DatabaseParameters {
  const [address, port, securityGroup] = dataOutputs.map(
    (name) => new CfnParameter(scope, name, { description: 'Output of the data stack' }),
  ) as [CfnParameter, CfnParameter, CfnParameter];
  return { address, port, securityGroup };
}
