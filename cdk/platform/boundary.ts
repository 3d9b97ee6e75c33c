import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { keys, names } from '../../scripts/config/names.ts';

export interface BoundaryProps {
  readonly environment: string;
  readonly bucket: string;
}

/** Services a virtual host is made of; a role's own policy says which parts of them it gets. */
const services = [
  'autoscaling',
  'cloudformation',
  'cloudwatch',
  'codedeploy',
  'codepipeline',
  'ec2',
  'ec2messages',
  'elasticloadbalancing',
  'kms',
  'logs',
  'rds',
  's3',
  'secretsmanager',
  'sns',
  'ssm',
  'ssmmessages',
];

/** What belongs to the platform, whatever a tenant's policy may say. */
const platformOnly = [
  'cloudformation:*StackSet*',
  'ec2:*InternetGateway*',
  'ec2:*NatGateway*',
  'ec2:*RouteTable*',
  'ec2:*VpcPeering*',
  'ec2:CreateRoute',
  'ec2:CreateSubnet',
  'ec2:CreateVpc',
  'ec2:DeleteFlowLogs',
  'ec2:DeleteRoute',
  'ec2:DeleteSubnet',
  'ec2:DeleteVpc',
  'ec2:ModifySubnetAttribute',
  'ec2:ModifyVpcAttribute',
  'elasticloadbalancing:AddListenerCertificates',
  'elasticloadbalancing:CreateListener',
  'elasticloadbalancing:DeleteListener',
  'elasticloadbalancing:DeleteLoadBalancer',
  'elasticloadbalancing:ModifyListener',
  'elasticloadbalancing:ModifyLoadBalancerAttributes',
  'elasticloadbalancing:SetSecurityGroups',
  'elasticloadbalancing:SetSubnets',
  'kms:DisableKey',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  's3:DeleteBucket*',
  's3:PutBucket*',
  's3:PutEncryptionConfiguration',
  's3:PutLifecycleConfiguration',
];

/**
 * The permissions boundary of every role of a tenant: what no policy of theirs can exceed. No role may make or change a
 * role or policy, leave the services above, touch the platform's network, listeners, key or bucket settings, or claim hosts.
 */
export class Boundary extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, { environment, bucket }: BoundaryProps) {
    super(scope, id);
    const { account, partition } = Stack.of(this);
    const own = `vendhost-${environment}-*`;
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.boundary(environment),
      description: `Ceiling of the rights of all tenant roles in ${environment}`,
      statements: [
        new PolicyStatement({ sid: 'Services', actions: services.map((each) => `${each}:*`), resources: ['*'] }),
        new PolicyStatement({ sid: 'Self', actions: ['sts:GetCallerIdentity', 'tag:GetResources'], resources: ['*'] }),
        new PolicyStatement({
          sid: 'OwnRoles',
          actions: ['iam:GetRole', 'iam:GetInstanceProfile', 'iam:PassRole'],
          resources: [`role/${own}`, `instance-profile/${own}`].map(
            (each) => `arn:${partition}:iam::${account}:${each}`,
          ),
        }),
        new PolicyStatement({
          sid: 'ServiceRoles',
          actions: ['iam:CreateServiceLinkedRole'],
          resources: [`arn:${partition}:iam::${account}:role/aws-service-role/*`],
        }),
        new PolicyStatement({ sid: 'Platform', effect: Effect.DENY, actions: platformOnly, resources: ['*'] }),
        new PolicyStatement({
          sid: 'HostClaims',
          effect: Effect.DENY,
          actions: ['s3:DeleteObject*', 's3:PutObject*'],
          resources: [`arn:${partition}:s3:::${bucket}/${keys.hostClaims}*`],
        }),
        new PolicyStatement({
          sid: 'Facts',
          effect: Effect.DENY,
          actions: ['ssm:DeleteParameter*', 'ssm:PutParameter'],
          resources: [`arn:${partition}:ssm:*:${account}:parameter${names.factsPath(environment)}/*`],
        }),
      ],
    });
    const roles = ['role/aws-service-role/*', `role/${own}`, `instance-profile/${own}`];
    const findings = [
      'Resource::*',
      ...roles.map((each) => `Resource::arn:<AWS::Partition>:iam::${account}:${each}`),
      ...services.map((each) => `Action::${each}:*`),
    ];
    for (const finding of findings) {
      Validations.of(this.policy).acknowledge({
        id: `AwsSolutions-IAM5[${finding}]`,
        reason: 'A boundary grants nothing: it is the ceiling; each role has a policy of its own that says less.',
      });
    }
  }
}
