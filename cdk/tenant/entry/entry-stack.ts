import type { App } from 'aws-cdk-lib';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place, tags } from '../../../scripts/config/names.ts';
import { VendhostStack } from '../../app.ts';
import type { Scope } from '../access/tenant-scope.ts';
import type { BuildSettings } from './build-project.ts';
import { Builds } from './builds.ts';
import { Pipeline } from './codepipeline.ts';
import { HostLogs } from './host-logs.ts';
import { IntakeRule } from './intake-rule.ts';
import { MaintenanceSwitch } from './maintenance-switch.ts';
import type { EntryBalancer, RuleGroup } from './rule-groups.ts';
import { TenantBucket } from './tenant-bucket.ts';
import { Traffic } from './traffic.ts';

export interface EntryProps {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
  readonly groups: readonly RuleGroup[];
  /** Page that answers for the hosts while they are in maintenance. */
  readonly maintenance?: string | undefined;
  /** Page that the tenant's jobs may switch on and off. */
  readonly maintenanceSwitch?: string | undefined;
  readonly port: number;
  readonly balancers: readonly EntryBalancer[];
  /** ARN of the pipeline's role. */
  readonly pipelineRole: string;
  /** ARN of the instances' role. */
  readonly instanceRole: string;
  /** ARN of the role with which a write to the intake starts the pipeline; without it only jobs do. */
  readonly intakeRole?: string | undefined;
  /** Days for which logs of instances are kept. */
  readonly logDays: number;
  readonly scope: Scope;
  /** The tenant has a project for each half. */
  readonly hasHalves?: boolean;
  /** How builds run where GitLab reports the tenant's pushes. */
  readonly builds?: BuildSettings | undefined;
}

/**
 * How requests and revisions reach a tenant's instances: listener rules and target group, and the pipeline with its approval; and
 * the bucket where the instances keep files, and their logs. The tenant must not be able to redefine any of it.
 */
export class EntryStack extends VendhostStack {
  constructor(app: App, props: EntryProps) {
    const { place, account, region, facts, pipelineRole, instanceRole, intakeRole, logDays, scope } = props;
    const { builds, maintenanceSwitch, hasHalves = false } = props;
    super(
      app,
      names.tenantStack(place, 'entry'),
      { account, region, tags: tags(place.environment, 'entry', place.tenant) },
      { description: `Hosts, pipeline, bucket and logs of ${place.tenant} in ${place.environment}` },
    );
    const { rules } = new Traffic(this, 'Traffic', props);
    if (maintenanceSwitch !== undefined) {
      new MaintenanceSwitch(this, 'Switch', { scope, page: maintenanceSwitch, rules });
    }
    new Pipeline(this, 'Pipeline', { place, facts, roleArn: pipelineRole });
    if (intakeRole !== undefined) new IntakeRule(this, 'Intake', { place, facts, roleArn: intakeRole });
    if (intakeRole !== undefined && builds !== undefined && scope.isBuilt) {
      new Builds(this, 'Builds', { scope, settings: builds, hasHalves, eventRole: intakeRole, logDays });
    }
    new TenantBucket(this, 'Files', {
      name: names.tenantBucket(place, account, region),
      keyArn: facts['key-arn'],
      instanceRole,
    });
    new HostLogs(this, 'Logs', { place, keyArn: facts['key-arn'], days: logDays });
  }
}
