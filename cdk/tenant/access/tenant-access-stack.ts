import { type App, CfnOutput } from 'aws-cdk-lib';
import { CfnInstanceProfile, type CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { type PlatformFacts, recordVersion, type TenantRecord } from '../../../scripts/config/facts.ts';
import { names, type Place, tags } from '../../../scripts/config/names.ts';
import type { Approvals } from '../../../scripts/config/platform.ts';
import type { Intake, TenantLimits } from '../../../scripts/config/tenant.ts';
import { type AppProps, newApp, VendhostStack } from '../../app.ts';
import type { GitlabProject } from '../../gitlab-trust.ts';
import { type ListedPolicy, makePolicy } from '../../role.ts';
import { EntryStack } from '../entry/entry-stack.ts';
import type { RuleGroup } from '../entry/rule-groups.ts';
import { approvalRights, approverJobRole, approverRole } from './approver-role.ts';
import { tenantReadRights } from './common-rights.ts';
import { executionRole } from './execution/execution-role.ts';
import { intakeRole } from './intake-role.ts';
import { codedeployRole, instanceRole, pipelineRole, planRole } from './service-roles.ts';
import { deployRole } from './tenant-job-roles.ts';
import { Scope } from './tenant-scope.ts';

export interface AccessProps {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
  readonly project: GitlabProject;
  readonly branch: string;
  readonly hosts: readonly string[];
  /** The hosts, grouped by listener rule. */
  readonly groups: readonly RuleGroup[];
  /** Page that answers for the hosts while they are in maintenance. */
  readonly maintenance?: string | undefined;
  readonly loadBalancer: number;
  readonly port: number;
  readonly limits: TenantLimits;
  /** The project whose jobs approve releases, if there is one. */
  readonly approvals?: Approvals | undefined;
  /** Days for which logs of instances are kept. */
  readonly logDays: number;
  /** What starts the pipeline besides the tenant's jobs, if anything does. */
  readonly intake?: Intake | undefined;
}

/** A tenant's roles in one environment, and the record from which its jobs learn them. */
class TenantAccessStack extends VendhostStack {
  constructor(app: App, props: AccessProps) {
    const { place, account, region, facts, project, branch, approvals } = props;
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
    const reading = makePolicy(this, 'Reading', {
      name: `${scope.host}-reading`,
      description: `Jobs of ${project.path} on any branch: read only`,
      rights: tenantReadRights(scope),
    });
    const approving = makePolicy(this, 'Approving', {
      name: `${scope.host}-approving`,
      description: `Who approves releases of ${scope.host}`,
      rights: approvalRights(scope),
    });
    const policies = [reading, approving];
    const roles = [
      deployRole(this, { scope, project, branch, reading }),
      planRole(this, scope, project, reading),
      executionRole(this, scope),
      pipelineRole(this, scope),
      codedeployRole(this, scope),
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
    // Whoever reads the record uses the roles immediately.
    for (const each of [...roles, profile]) record.addResourceDependency(each);
    new CfnOutput(this, 'DeployRole', { value: scope.roleArn('deploy') });
    new CfnOutput(this, 'PlanRole', { value: scope.roleArn('plan') });
    new CfnOutput(this, 'ApproverRole', { value: scope.roleArn('approver') });
  }
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

function tenantRecord(
  { place, account, region, facts, project, branch, hosts, loadBalancer, port, limits, approvals }: AccessProps,
  scope: Scope,
): TenantRecord {
  return {
    version: recordVersion,
    tenant: place.tenant,
    project: project.path,
    branch,
    ...project.trust,
    hosts: [...hosts],
    loadBalancer,
    port,
    bucket: names.tenantBucket(place, account, region),
    logs: { hooks: names.hostLogGroup(place, 'hooks'), software: names.hostLogGroup(place, 'software') },
    pipeline: names.host(place),
    approval: facts.approval,
    ...(facts.approval && approvals !== undefined ? { approvals } : {}),
    limits,
    roles: {
      deploy: scope.roleArn('deploy'),
      plan: scope.roleArn('plan'),
      execution: scope.roleArn('execution'),
      instance: scope.roleArn('instance'),
      instanceProfile: names.tenantRole(place, 'instance'),
      pipeline: scope.roleArn('pipeline'),
      codedeploy: scope.roleArn('codedeploy'),
    },
  };
}

/** The two stacks that vending deploys: the access stack, and the entry stack, which names roles of the first. */
export function tenantAccessApp(app: AppProps, props: AccessProps): App {
  const made = newApp(app);
  const access = new TenantAccessStack(made, props);
  const scope = new Scope(props);
  const roles = {
    pipelineRole: scope.roleArn('pipeline'),
    instanceRole: scope.roleArn('instance'),
    ...(scope.intake === undefined ? {} : { intakeRole: scope.roleArn('intake') }),
  };
  new EntryStack(made, { ...props, ...roles }).addStackDependency(access);
  return made;
}
