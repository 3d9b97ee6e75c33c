import { Validations } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { environments } from '../../../scripts/config/environment.ts';
import { keys, names } from '../../../scripts/config/names.ts';
import type { PlatformScope } from './platform-scope.ts';

/** Services that a virtual host uses; each role's policy decides which of their actions it may call. */
const services = [
  'autoscaling',
  'cloudformation',
  'cloudwatch',
  'codedeploy',
  'codepipeline',
  'ebs',
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

/** Denied to every tenant's role, whatever its own policy allows: these change the platform, or what it created for a tenant. */
const platformOnly = [
  'cloudformation:*StackSet*',
  'codepipeline:CreatePipeline',
  'codepipeline:DeletePipeline',
  'codepipeline:UpdatePipeline',
  // RDS reads them when it creates a database.
  'ec2:Attach*InternetGateway',
  'ec2:Create*InternetGateway',
  'ec2:Delete*InternetGateway',
  'ec2:Detach*InternetGateway',
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
  'elasticloadbalancing:CreateRule',
  'elasticloadbalancing:CreateTargetGroup',
  'elasticloadbalancing:DeleteListener',
  'elasticloadbalancing:DeleteLoadBalancer',
  'elasticloadbalancing:DeleteRule',
  'elasticloadbalancing:DeleteTargetGroup',
  'elasticloadbalancing:ModifyListener',
  'elasticloadbalancing:ModifyLoadBalancerAttributes',
  'elasticloadbalancing:ModifyRule',
  'elasticloadbalancing:ModifyTargetGroupAttributes',
  'elasticloadbalancing:SetRulePriorities',
  'elasticloadbalancing:SetSecurityGroups',
  'elasticloadbalancing:SetSubnets',
  'kms:DisableKey',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'rds:*DBSubnetGroup',
  's3:DeleteBucket*',
  's3:PutBucket*',
  's3:PutEncryptionConfiguration',
  's3:PutLifecycleConfiguration',
];

/** Calls of tenants' roles that remove tags from resources. */
const untagging = [
  'autoscaling:DeleteTags',
  'cloudwatch:UntagResource',
  'codedeploy:UntagResource',
  'ec2:DeleteTags',
  'logs:UntagResource',
  'rds:RemoveTagsFromResource',
  'secretsmanager:UntagResource',
];

/** Layers of resources that tenants create themselves. */
const tenantLayers = ['data', 'host', 'image'];

/**
 * Tags show who owns a resource, so they are compared with those of the role, which only people can change. A missing tag
 * decides nothing here: the roles' own policies require the tenant's tags, and so refuse resources without them.
 */
function tagStatements(scope: PlatformScope): PolicyStatement[] {
  const foreign = (sid: string, key: string, tag: 'environment' | 'tenant') =>
    deny(sid, ['*'], ['*'], {
      Null: { [`aws:${key}/vendhost:${tag}`]: 'false' },
      StringNotEquals: { [`aws:${key}/vendhost:${tag}`]: `\${aws:PrincipalTag/vendhost:${tag}}` },
    });
  const layer = (key: string) => `aws:${key}/vendhost:layer`;
  return [
    foreign('GiveTenant', 'RequestTag', 'tenant'),
    foreign('GiveEnvironment', 'RequestTag', 'environment'),
    deny('GiveLayer', ['*'], ['*'], {
      Null: { [layer('RequestTag')]: 'false' },
      StringNotEquals: { [layer('RequestTag')]: tenantLayers },
    }),
    foreign('OtherTenant', 'ResourceTag', 'tenant'),
    foreign('OtherEnvironment', 'ResourceTag', 'environment'),
    // A tenant's instance is in the platform's subnets, but in none of its security groups.
    deny('PlatformGroups', ['ec2:*'], scope.ec2('security-group'), {
      StringEquals: { [layer('ResourceTag')]: ['balancer', 'network'] },
    }),
    deny('KeepTags', untagging, ['*'], { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'vendhost:*' } }),
    // Without keys the call deletes all tags (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html).
    deny('KeepAllTags', ['ec2:DeleteTags'], ['*'], { Null: { 'aws:TagKeys': 'true' } }),
  ];
}

/**
 * Records of actions are written once: only new keys, and nothing that changes an existing record
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html).
 */
function auditStatements(records: string): PolicyStatement[] {
  return [
    deny('AuditOnce', ['s3:PutObject'], [records], { Null: { 's3:if-none-match': 'true' } }),
    deny(
      'AuditStays',
      ['Acl', 'LegalHold', 'Retention', 'Tagging', 'Version*']
        .map((part) => `s3:PutObject${part}`)
        .concat('s3:DeleteObject*'),
      [records],
    ),
  ];
}

/** Changes to a stack; a stack with a service role changes with that role's permissions. */
const stackChanges = ['Cancel', 'Continue', 'Create', 'Delete', 'Execute', 'Set', 'Update'].map(
  (verb) => `cloudformation:${verb}*`,
);

/**
 * The statements on tags treat a resource without our tags as nobody's. Jobs that vend create roles and write their policies. So these
 * roles may reach no stack except those of virtual hosts (others could have a role with other permissions), no bucket of another
 * environment, and no instance without a tenant.
 */
function foreignStatements(scope: PlatformScope): PolicyStatement[] {
  const { environment } = scope;
  const hosts = ['data', 'host'].map((layer) =>
    scope.arn('cloudformation', `stack/vendhost-${environment}-*-${layer}/*`),
  );
  return [
    new PolicyStatement({ sid: 'OtherStacks', effect: Effect.DENY, actions: stackChanges, notResources: hosts }),
    deny(
      'OtherBuckets',
      ['s3:*'],
      environments.filter((name) => name !== environment).map((name) => scope.s3(`vendhost-${name}-*`)),
    ),
    deny('OtherInstances', ['ssm:SendCommand', 'ssm:StartSession'], scope.ec2('instance'), {
      Null: { 'aws:ResourceTag/vendhost:tenant': 'true' },
    }),
  ];
}

function deny(
  sid: string,
  actions: string[],
  resources: string[],
  conditions: Record<string, unknown> = {},
): PolicyStatement {
  return new PolicyStatement({ sid, effect: Effect.DENY, actions, resources, conditions });
}

/**
 * The permissions boundary of every tenant's role and of the builder: none of their policies can exceed it. Such a role cannot
 * create or change a role or policy, use services other than those above, change the platform's network, listeners, rules, target
 * groups, pipelines, key or bucket settings, claim hosts or priorities, change or delete
 * records of actions, access resources with another tenant's or environment's tags, or set such tags.
 */
export class Boundary extends Construct {
  readonly policy: ManagedPolicy;

  constructor(parent: Construct, id: string, scope: PlatformScope) {
    super(parent, id);
    const { environment, account, region } = scope;
    const own = ['role', 'instance-profile', 'policy'].map((kind) =>
      scope.globalArn('iam', `${kind}/vendhost-${environment}-*`),
    );
    const serviceRoles = scope.globalArn('iam', 'role/aws-service-role/*');
    const machines = scope.arn('codebuild', `project/${names.buildProject({ environment, tenant: '*' }, 'machine')}`);
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.boundary(environment),
      description: `Ceiling of the rights of all tenant roles in ${environment}`,
      statements: [
        new PolicyStatement({ sid: 'Services', actions: services.map((each) => `${each}:*`), resources: ['*'] }),
        new PolicyStatement({
          sid: 'Self',
          // Nothing else of EventBridge: a rule could start what its tenant must not.
          actions: ['events:Describe*', 'events:List*', 'sts:GetCallerIdentity', 'tag:GetResources'],
          resources: ['*'],
        }),
        new PolicyStatement({
          sid: 'OwnRoles',
          // Reads: drift detection compares the tenant's own roles and policies with their stack.
          actions: ['iam:Get*', 'iam:List*', 'iam:PassRole'],
          resources: own,
        }),
        new PolicyStatement({
          sid: 'ServiceRoles',
          actions: ['iam:CreateServiceLinkedRole'],
          resources: [serviceRoles],
        }),
        // EventBridge starts them with a role of the tenant. Nothing else of CodeBuild: a build has its project's role.
        new PolicyStatement({ sid: 'Machines', actions: ['codebuild:StartBuild'], resources: [machines] }),
        new PolicyStatement({ sid: 'Platform', effect: Effect.DENY, actions: platformOnly, resources: ['*'] }),
        ...tagStatements(scope),
        new PolicyStatement({
          sid: 'Claims',
          effect: Effect.DENY,
          actions: ['s3:DeleteObject*', 's3:PutObject*'],
          resources: [keys.hostClaims, keys.priorityClaims].map((claims) =>
            scope.s3(names.bucket(environment, account, region), `${claims}*`),
          ),
        }),
        ...auditStatements(scope.s3(names.bucket(environment, account, region), 'audit/*')),
        ...foreignStatements(scope),
        new PolicyStatement({
          sid: 'Facts',
          effect: Effect.DENY,
          actions: ['ssm:DeleteParameter*', 'ssm:PutParameter'],
          resources: [scope.arn('ssm', `parameter${names.factsPath(environment)}/*`).replace(`:${region}:`, ':*:')],
        }),
      ],
    });
    const findings = [
      'Resource::*',
      ...[...own, serviceRoles, machines].map((each) => `Resource::${each}`),
      ...['events:Describe*', 'events:List*', 'iam:Get*', 'iam:List*', ...services.map((each) => `${each}:*`)].map(
        (each) => `Action::${each}`,
      ),
    ];
    for (const finding of findings) {
      Validations.of(this.policy).acknowledge({
        id: `AwsSolutions-IAM5[${finding}]`,
        reason: 'A permissions boundary grants nothing; the policy of each role under it names actions and resources.',
      });
    }
  }
}

/**
 * The permissions boundary of the roles with which AWS services write logs. The pipeline that deploys network and storage
 * creates these roles and writes their policies, so the boundary limits them to writing logs.
 */
export class ServiceBoundary extends Construct {
  constructor(parent: Construct, id: string, scope: PlatformScope) {
    super(parent, id);
    const resources = scope.logGroups();
    const policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.serviceBoundary(scope.environment),
      description: `Ceiling of the rights of flow logs and trail in ${scope.environment}`,
      statements: [
        new PolicyStatement({
          sid: 'WriteLogs',
          actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          resources,
        }),
      ],
    });
    for (const resource of resources) {
      Validations.of(policy).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${resource}]`,
        reason: 'A permissions boundary grants nothing; each role under it names its one log group.',
      });
    }
  }
}
