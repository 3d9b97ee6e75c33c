import { type App, CfnOutput } from 'aws-cdk-lib';
import { CfnInstanceProfile, type CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import type { Environment } from '../../../scripts/config/environment.ts';
import { type PlatformFacts, recordVersion, type TenantRecord } from '../../../scripts/config/facts.ts';
import { deployRoleOf, names, type Place, tags } from '../../../scripts/config/names.ts';
import type { Approvals } from '../../../scripts/config/platform.ts';
import type { Intake, TenantLimits } from '../../../scripts/config/tenant.ts';
import { type AppProps, newApp, VendhostStack } from '../../app.ts';
import type { GitlabProject } from '../../gitlab-trust.ts';
import { type ListedPolicy, makePolicy } from '../../role.ts';
import type { BuildSettings } from '../entry/build-project.ts';
import { EntryStack } from '../entry/entry-stack.ts';
import type { EntryBalancer, RuleGroup } from '../entry/rule-groups.ts';
import { approvalRights, approverJobRole, approverRole } from './approver-role.ts';
import { bakeRights, launchRights } from './bake-rights.ts';
import { tenantReadRights } from './common-rights.ts';
import { executionRole } from './execution/execution-role.ts';
import { intakeRole } from './intake-role.ts';
import { codedeployRole, instanceRole, pipelineRole, planRole } from './service-roles.ts';
import { deployRole } from './tenant-job-roles.ts';
import { Scope } from './tenant-scope.ts';

/** Which load balancers a tenant uses, and how. */
export interface TenantBalancers {
  /** Those with a target group and rules. */
  readonly entry: readonly EntryBalancer[];
  /** Load balancers other than the serving one that instances must be attached to. */
  readonly others: readonly number[];
  /** The one without a number in logical ids, whether it still has resources or not. */
  readonly plain: number;
}

export interface AccessProps {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
  /** The tenant's project; of two projects, the one with infrastructure/. */
  readonly project: GitlabProject;
  /** The project with the software, if the tenant has two. */
  readonly software?: GitlabProject | undefined;
  readonly branch: string;
  readonly hosts: readonly string[];
  /** The hosts, grouped by listener rule. */
  readonly groups: readonly RuleGroup[];
  /** Page that answers for the hosts while they are in maintenance. */
  readonly maintenance?: string | undefined;
  /** Page that the tenant's jobs may switch on and off. */
  readonly maintenanceSwitch?: string | undefined;
  /** The load balancer that should serve the hosts. */
  readonly loadBalancer: number;
  /** For a tenant that moves to another, or has moved; without it, `loadBalancer` alone has everything. */
  readonly balancers?: TenantBalancers | undefined;
  readonly port: number;
  readonly limits: TenantLimits;
  /** The project whose jobs approve releases, if there is one. */
  readonly approvals?: Approvals | undefined;
  /** Days for which logs of instances are kept. */
  readonly logDays: number;
  /** What starts the pipeline in addition to the tenant's jobs, if anything does. */
  readonly intake?: Intake | undefined;
  /** How builds run if GitLab reports the tenant's pushes. */
  readonly builds?: BuildSettings | undefined;
  /** Environment whose images may be promoted to this one. */
  readonly imagesFrom?: Environment | undefined;
  /** Whether the tenant's images may be promoted to another environment. */
  readonly isPromoted?: boolean | undefined;
}

/** A tenant's roles in one environment, and the record from which its jobs learn them. */
class TenantAccessStack extends VendhostStack {
  constructor(app: App, props: AccessProps) {
    const { place, account, region, facts, project, software, branch, approvals, builds } = props;
    const registry = builds?.registrySecret;
    super(
      app,
      names.tenantStack(place, 'access'),
      { account, region, tags: tags(place.environment, 'access', place.tenant) },
      { description: `Access of ${place.tenant} to ${place.environment}` },
    );
    const scope = new Scope(props);
    const instance = instanceRole(this, scope);
    const profile = new CfnInstanceProfile(this, 'InstanceProfile', {
      instanceProfileName: names.tenantRole(place, 'instance'),
      roles: [instance.ref],
    });
    const projects: [GitlabProject, ...GitlabProject[]] = software === undefined ? [project] : [project, software];
    // Says nothing that can change: the description of a policy with a fixed name cannot be changed
    // (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html).
    const reading = makePolicy(this, 'Reading', {
      name: names.readingPolicy(place),
      description: `Jobs of ${scope.host}: read only`,
      rights: tenantReadRights(scope),
    });
    const approving = makePolicy(this, 'Approving', {
      name: `${scope.host}-approving`,
      description: `Who approves releases of ${scope.host}`,
      rights: approvalRights(scope),
    });
    const policies = [reading, approving];
    const launching = makePolicy(this, 'Launching', {
      name: names.imagePolicy(place, 'launching'),
      description: `Whoever launches instances of ${scope.host}`,
      rights: launchRights(scope),
    });
    // With it, the deploy role's own policy would be more than IAM takes.
    const baking = makePolicy(this, 'Baking', {
      name: names.imagePolicy(place, 'baking'),
      description: `Whoever bakes images of ${scope.host}`,
      rights: bakeRights(scope),
    });
    const promoting = scope.globalArn('iam', `policy/${names.promotingPolicy(place.environment)}`);
    const foreign = props.imagesFrom === undefined ? [] : [promoting];
    const ofHalf = software === undefined ? {} : { half: 'infrastructure' as const };
    const roles = [
      deployRole(this, {
        scope,
        project,
        branch,
        ...ofHalf,
        attached: [reading, launching, baking],
        foreign,
        registry,
      }),
      planRole(this, scope, projects, reading, props.isPromoted === true),
      executionRole(this, scope, launching),
      pipelineRole(this, scope),
      codedeployRole(this, scope, launching),
      instance,
      approverRole(this, scope, policies),
      ...(scope.intake === undefined ? [] : [intakeRole(this, scope)]),
      ...(facts.approval && approvals !== undefined ? [approverJob(this, props, approvals, { scope, policies })] : []),
    ];
    const record = new CfnParameter(this, 'Record', {
      name: names.tenantRecord(place),
      type: 'String',
      description: `Hosts, limits and roles of ${place.tenant} in ${place.environment}`,
      value: JSON.stringify(tenantRecord(props, scope)),
    });
    // Readers of the record use the roles immediately.
    for (const each of [...roles, profile]) record.addResourceDependency(each);
    const { deploy, softwareDeploy } = deployArns(props, scope);
    new CfnOutput(this, 'DeployRole', { value: deploy });
    if (softwareDeploy !== undefined) new CfnOutput(this, 'SoftwareDeployRole', { value: softwareDeploy });
    new CfnOutput(this, 'PlanRole', { value: scope.roleArn('plan') });
    new CfnOutput(this, 'ApproverRole', { value: scope.roleArn('approver') });
  }
}

/** With two projects, `deploy` is the role of the infrastructure's jobs; no build of the software deploys: a write to the intake does. */
function deployArns(
  { software }: Pick<AccessProps, 'software'>,
  scope: Scope,
): { deploy: string; softwareDeploy?: string } {
  if (software === undefined) return { deploy: scope.roleArn(deployRoleOf(undefined)) };
  return {
    deploy: scope.roleArn(deployRoleOf('infrastructure')),
    ...(scope.isBuilt ? {} : { softwareDeploy: scope.roleArn(deployRoleOf('software')) }),
  };
}

/** Jobs of the approvals project; its ID tokens have the issuer and audience of the tenant's. */
function approverJob(
  parent: VendhostStack,
  { project }: AccessProps,
  approvals: Approvals,
  { scope, policies }: { scope: Scope; policies: readonly ListedPolicy[] },
): CfnRole {
  const { issuer, audience } = project;
  const { project: path, branch } = approvals;
  return approverJobRole(parent, { scope, project: { issuer, audience, path }, branch, policies });
}

function tenantRecord(props: AccessProps, scope: Scope): TenantRecord {
  const { place, account, region, facts, project, software, branch, hosts, loadBalancer, port, limits, approvals } =
    props;
  const { imagesFrom } = props;
  return {
    version: recordVersion,
    tenant: place.tenant,
    project: project.path,
    branch,
    ...project.trust,
    ...(software === undefined ? {} : { software: { project: software.path, ...software.trust } }),
    hosts: [...hosts],
    loadBalancer,
    ...recordedBalancers(props),
    port,
    bucket: names.tenantBucket(place, account, region),
    logs: { hooks: names.hostLogGroup(place, 'hooks'), software: names.hostLogGroup(place, 'software') },
    pipeline: names.host(place),
    approval: facts.approval,
    ...(facts.approval && approvals !== undefined ? { approvals } : {}),
    ...(imagesFrom === undefined ? {} : { imagesFrom }),
    limits,
    roles: {
      ...deployArns(props, scope),
      plan: scope.roleArn('plan'),
      execution: scope.roleArn('execution'),
      instance: scope.roleArn('instance'),
      instanceProfile: names.tenantRole(place, 'instance'),
      pipeline: scope.roleArn('pipeline'),
      codedeploy: scope.roleArn('codedeploy'),
    },
  };
}

function recordedBalancers({ loadBalancer, balancers }: AccessProps) {
  const { others = [], plain = loadBalancer, entry = [] } = balancers ?? {};
  if (entry.length <= 1 && plain === loadBalancer) return {};
  return { ...(others.length === 0 ? {} : { otherBalancers: [...others] }), plainBalancer: plain };
}

/**
 * The two stacks that vending deploys: the access stack, and the entry stack, which names roles of the first. If the software has its
 * own project, that project's role is in the second.
 */
export function tenantAccessApp(app: AppProps, props: AccessProps): App {
  const made = newApp(app);
  const access = new TenantAccessStack(made, props);
  const scope = new Scope(props);
  const roles = {
    pipelineRole: scope.roleArn('pipeline'),
    instanceRole: scope.roleArn('instance'),
    ...(scope.intake === undefined ? {} : { intakeRole: scope.roleArn('intake') }),
  };
  const only = { number: props.loadBalancer, listenerArn: props.facts['listener-arn'], isPlain: true };
  const balancers = props.balancers?.entry ?? [only];
  const hasHalves = props.software !== undefined;
  const entry = new EntryStack(made, { ...props, ...roles, scope, balancers, hasHalves });
  entry.addStackDependency(access);
  const { software, branch } = props;
  if (software !== undefined && !scope.isBuilt) {
    // The access stack's template has no room for a second role: CloudFormation accepts 51,200 bytes. A policy of that stack, attached here, could
    // not be deleted there.
    deployRole(entry, { scope, project: software, branch, half: 'software', reading: tenantReadRights(scope) });
  }
  return made;
}
