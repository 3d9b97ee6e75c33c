import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { deployRoleOf, keys, names } from '../../../scripts/config/names.ts';
import type { Half } from '../../../scripts/config/tenant.ts';
import { branchTrust, type GitlabProject } from '../../gitlab-trust.ts';
import type { Right, RoleProps } from '../../role.ts';
import { auditRights } from './audit-rights.ts';
import { anyDeployment, artifactObjects, artifactReason, deploymentArns } from './common-rights.ts';
import { buildLogRight, buildNetworkRights, buildTrust, cloneRight } from './intake-build-role.ts';
import { runRights } from './run-rights.ts';
import { switchRights } from './switch-rights.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

export interface DeployRoleProps extends Pick<RoleProps, 'attached' | 'foreign'> {
  readonly scope: Scope;
  readonly project: GitlabProject;
  readonly branch: string;
  /** `tenantReadRights`, if no policy with them is attached. */
  readonly reading?: readonly Right[];
  /** What the project is trusted for; absent: for both halves. */
  readonly half?: Half | undefined;
  /** ARN of the secret for the registry of the image that builds run in. */
  readonly registry?: string | undefined;
}

/**
 * The role of jobs on the environment's branch: bake and provision, push revisions and release them, or one of these halves. If the
 * project has no runner, it is the role of the builds that do so, and of no job. Attached policies let it bake; it reads with `reading` or with an
 * attached policy.
 */
export function deployRole(parent: Construct, props: DeployRoleProps): CfnRole {
  const { scope, project, branch, half, registry, reading = [], attached = [], foreign = [] } = props;
  const building = scope.isBuilt ? machineRights(scope, half, registry) : [];
  return tenantRole(parent, {
    scope,
    role: deployRoleOf(half),
    description: scope.isBuilt ? `Builds of ${scope.host}` : `Jobs of ${project.path} on ${branch}`,
    trust: scope.isBuilt ? buildTrust(scope, 'machine') : branchTrust(scope, project, branch),
    attached,
    foreign,
    rights: [...reading, ...rightsOfHalf(scope, half), ...building],
  });
}

/** The build asks the repository whether its push is still the newest. */
function machineRights(scope: Scope, half: Half | undefined, registry: string | undefined): Right[] {
  return [buildLogRight(scope, 'machine'), ...buildNetworkRights(scope), cloneRight(scope, { half, registry })];
}

/** A half's permissions are a part of the whole: one project may never do more than the two together. */
function rightsOfHalf(scope: Scope, half: Half | undefined): Right[] {
  const infrastructure = half !== 'software';
  const software = half !== 'infrastructure';
  return [
    ...bucketRights(scope, half),
    ...(infrastructure ? provisionRights(scope) : []),
    // A release sets the health check that provisioning left to it.
    ...healthCheckRights(scope),
    ...(software ? [...releaseJobRights(scope), ...notIntake(scope)] : []),
    ...auditRights(scope),
    ...(infrastructure ? [...runRights(scope), ...switchRights(scope)] : []),
  ];
}

function bucketRights(scope: Scope, half: Half | undefined): Right[] {
  const { tenant } = scope.place;
  const own = half === undefined ? ['infrastructure', 'software'] : [half];
  return [
    {
      sid: 'Push',
      actions: ['s3:PutObject'],
      resources: scope.objects(...own.map((folder) => `${folder}/${tenant}/*`)),
      because: "The tenant's own objects; a revision's key is the hash of its content.",
    },
    ...(half === 'infrastructure' ? [] : partsRights(scope)),
    ...(half === 'software' ? [] : leaseRights(scope)),
    ...pruneRights(scope, half),
    {
      sid: 'Encrypt',
      actions: ['kms:GenerateDataKey'],
      resources: [scope.facts['key-arn']],
      when: scope.via('s3'),
    },
  ];
}

function partsRights(scope: Scope): Right[] {
  return [
    {
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
      sid: 'StopPush',
      actions: ['s3:AbortMultipartUpload'],
      resources: scope.objects(`software/${scope.place.tenant}/*`),
      because: 'Revisions are uploaded in parts.',
    },
  ];
}

function leaseRights(scope: Scope): Right[] {
  return [
    {
      sid: 'Claim',
      actions: ['s3:DeleteObject', 's3:PutObject'],
      resources: scope.objects(keys.bakeLease(scope.place.tenant, '*').replace(/\.json$/, '')),
      because: "The tenant's own leases; tenants claim neither hosts nor priorities.",
    },
  ];
}

/**
 * Deletes what prunes delete: no versions, so the bucket keeps everything for the platform's number of days, and no descriptions of pushes and
 * releases. It deletes only the tenant's own objects, and no delete causes another object to be deployed than the approved one.
 */
function pruneRights(scope: Scope, half: Half | undefined): Right[] {
  const { place } = scope;
  const anyHash = '?'.repeat(64);
  const records = half === 'software' ? [] : [keys.imageRecord(place.tenant, anyHash)];
  const revisions = half === 'infrastructure' ? [] : [keys.revision(place.tenant, anyHash)];
  return [
    {
      sid: 'Prune',
      actions: ['s3:DeleteObject'],
      resources: [
        ...scope.objects(...records, ...revisions),
        ...(half === 'infrastructure' ? [] : artifactObjects(scope)),
      ],
      because: `The tenant's own, each named by a hash. ${artifactReason}`,
    },
    ...(half === 'infrastructure' ? [] : listArtifacts(scope)),
  ];
}

function listArtifacts(scope: Scope): Right[] {
  return [
    {
      sid: 'ListArtifacts',
      actions: ['s3:ListBucket'],
      resources: scope.objects(''),
      when: { StringEquals: { 's3:prefix': keys.artifacts(scope.place) } },
    },
  ];
}

function provisionRights(scope: Scope): Right[] {
  const stacks = (['data', 'host'] as const).map((layer) =>
    scope.arn('cloudformation', `stack/${names.tenantStack(scope.place, layer)}/*`),
  );
  const because = "The tenant's own stacks; a stack's ARN ends in an id that AWS chooses.";
  return [
    {
      sid: 'DeployStacks',
      actions: ['cloudformation:CreateStack', 'cloudformation:UpdateStack'],
      resources: stacks,
      // Without a service role CloudFormation would act with the rights of this role.
      when: { StringEquals: { 'cloudformation:RoleArn': scope.roleArn('execution') } },
      because,
    },
    {
      sid: 'KeepStacks',
      actions: [
        'cloudformation:CancelUpdateStack',
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:DeleteStack',
        'cloudformation:SetStackPolicy',
        'cloudformation:TagResource',
        'cloudformation:UpdateTerminationProtection',
      ],
      resources: stacks,
      because,
    },
    {
      sid: 'PassExecution',
      actions: ['iam:PassRole'],
      resources: [scope.roleArn('execution')],
      when: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
    {
      sid: 'Roll',
      actions: [
        'autoscaling:RollbackInstanceRefresh',
        'autoscaling:StartInstanceRefresh',
        'autoscaling:TerminateInstanceInAutoScalingGroup',
      ],
      resources: [scope.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scope.host}`)],
      because: "The tenant's own group; AWS puts an id before its name.",
    },
  ];
}

function healthCheckRights(scope: Scope): Right[] {
  return [
    {
      // Neither the port nor the protocol, which the call cannot change.
      sid: 'HealthCheck',
      actions: ['elasticloadbalancing:ModifyTargetGroup'],
      resources: [scope.targetGroup],
      because: "The tenant's own target group; its ARN ends in an id that AWS chooses.",
    },
  ];
}

function releaseJobRights(scope: Scope): Right[] {
  return [
    {
      // Not PutApprovalResult: the tenant starts a release, and somebody else approves it.
      sid: 'Release',
      actions: ['codepipeline:StartPipelineExecution', 'codepipeline:StopPipelineExecution'],
      resources: [scope.arn('codepipeline', scope.host)],
    },
    {
      sid: 'StopDeployment',
      actions: ['codedeploy:StopDeployment'],
      resources: ['*'],
      because: anyDeployment,
    },
    ...pastRights(scope),
  ];
}

/**
 * A deployment without the pipeline, past scripts of the former revision that always fail (`release start --ignore-stop-failures`). IAM has
 * no key for what is deployed: where releases need an approval, this would bypass it
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html).
 */
function pastRights(scope: Scope): Right[] {
  if (scope.facts.approval) return [];
  return [
    {
      sid: 'DeployPast',
      actions: [
        'codedeploy:CreateDeployment',
        'codedeploy:GetApplicationRevision',
        'codedeploy:GetDeploymentConfig',
        'codedeploy:RegisterApplicationRevision',
      ],
      resources: [...deploymentArns(scope), scope.arn('codedeploy', 'deploymentconfig:*')],
      because: 'The deployment configurations that AWS predefines.',
    },
  ];
}

/** Jobs start the pipeline themselves: their writes must not start it a second time. */
function notIntake(scope: Scope): Right[] {
  if (scope.intake === undefined) return [];
  return [
    {
      sid: 'NotIntake',
      deny: true,
      actions: ['s3:PutObject'],
      resources: scope.objects(`${keys.intake(scope.place.tenant)}*`),
      because: 'Whatever it is called.',
    },
  ];
}
