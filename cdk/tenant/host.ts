import { type App, CfnOutput } from 'aws-cdk-lib';
import type { PlatformFacts, TenantRecord } from '../../scripts/config/facts.ts';
import { names, type Place, tags } from '../../scripts/config/names.ts';
import type { VendhostConfig } from '../../scripts/config/vendhost.ts';
import { type StackPlace, VendhostStack } from '../app.ts';
import { Alarms } from './host-alarms.ts';
import type { RuleGroup } from './host-inputs.ts';
import { Instances } from './host-instances.ts';
import { databaseParameters, hostParameters } from './host-parameters.ts';
import { Pipeline } from './host-pipeline.ts';
import { Releases } from './host-releases.ts';
import { Traffic } from './host-traffic.ts';

export interface HostStackProps {
  readonly place: Place;
  readonly stack: Omit<StackPlace, 'tags'>;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  readonly config: VendhostConfig;
  /** The tenant's hosts, by the rules they share. */
  readonly groups: readonly RuleGroup[];
}

/**
 * A tenant's virtual host without its data: where requests come in, the instances that answer them, and what puts
 * software on the instances. The roles it uses are made when the tenant is vended; no role is made here.
 */
export class HostStack extends VendhostStack {
  constructor(app: App, props: HostStackProps) {
    const { place, facts, record, config, groups } = props;
    super(
      app,
      names.tenantStack(place, 'host'),
      { ...props.stack, tags: tags(place.environment, 'host', place.tenant) },
      { description: `Virtual host of ${place.tenant} in ${place.environment}` },
    );
    const parameters = hostParameters(this, groups);
    const database = config.database === 'none' ? undefined : databaseParameters(this);

    const traffic = new Traffic(this, 'Traffic', { place, facts, groups, check: config.health_check, parameters });
    const instances = new Instances(this, 'Instances', { ...props, traffic, parameters, database });
    const releases = new Releases(this, 'Releases', {
      name: names.host(place),
      roleArn: record.roles.codedeploy,
      deploymentConfig: config.deployment_config,
      group: instances.group,
      targetGroup: traffic.targetGroup,
    });
    const pipeline = new Pipeline(this, 'Pipeline', { place, facts, roleArn: record.roles.pipeline, releases });
    new Alarms(this, 'Alarms', {
      name: this.stackName,
      loadBalancerArn: facts['load-balancer-arn'],
      targetGroup: traffic.targetGroup,
    });

    const outputs = {
      PipelineName: pipeline.name,
      TargetGroupArn: traffic.targetGroup.ref,
      LaunchTemplateId: instances.template.ref,
      NewestVersion: instances.template.attrLatestVersionNumber,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
