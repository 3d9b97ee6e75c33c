import { CfnParameter, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { dataOutputs } from '../host-inputs.ts';

/** Values that can change without a new template, like the image. */
export interface HostParameters {
  readonly imageId: CfnParameter;
  /** Root device of the image. The launch template must use the same name, or the root volume is not encrypted. */
  readonly rootDevice: CfnParameter;
  /** Version of the launch template that the group launches instances from; it changes after a successful roll-out. */
  readonly launchTemplateVersion: CfnParameter;
  readonly healthCheckType: CfnParameter;
  readonly provenance: readonly CfnParameter[];
}

/** Outputs of the data stack; for a host with a database. */
export interface DatabaseParameters {
  readonly address: CfnParameter;
  readonly port: CfnParameter;
  readonly securityGroup: CfnParameter;
  readonly schema: CfnParameter;
  readonly secret: CfnParameter;
}

/** No resource refers to them. */
const provenanceParameters = {
  ProvisionKey: 'What decides what this host is, as the last provision that got to its end had it',
  ProvisionCommit: "Commit of the tenant's repository that this key was first provisioned from",
  HealthCheck: 'Health check that a release sets when it has succeeded: status and path',
  DataUpdated: 'When the data stack had been updated before this one',
};

export function declareHostParameters(scope: Construct): HostParameters {
  return {
    imageId: new CfnParameter(scope, 'ImageId', {
      type: 'AWS::EC2::Image::Id',
      description: 'Image that instances are launched from',
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
      description: 'ELB once a release has succeeded; before it no instance can pass the health check',
    }),
    provenance: Object.entries(provenanceParameters).map(
      ([name, description]) => new CfnParameter(scope, name, { default: 'none', description }),
    ),
  };
}

export function declareDatabaseParameters(scope: Construct): DatabaseParameters {
  const [address, port, securityGroup, schema, secret] = dataOutputs.map(
    (name) => new CfnParameter(scope, name, { description: 'Output of the data stack' }),
  ) as [CfnParameter, CfnParameter, CfnParameter, CfnParameter, CfnParameter];
  Validations.of(scope).acknowledge({
    id: 'CloudFormation-Validate::W2509',
    reason: 'The ARN of the secret, which is in user data too; the password is in neither.',
  });
  return { address, port, securityGroup, schema, secret };
}
