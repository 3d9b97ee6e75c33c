import { type App, CfnOutput } from 'aws-cdk-lib';
import { names, tags } from '../../../scripts/config/names.ts';
import { VendhostStack } from '../../app.ts';
import { Alarms } from './alarms.ts';
import { Pipeline } from './codepipeline.ts';
import type { HostStackProps } from './host-props.ts';
import { Instances } from './instances.ts';
import { declareDatabaseParameters, declareHostParameters } from './parameters.ts';
import { Releases } from './releases.ts';
import { Traffic } from './traffic.ts';

/**
 * A tenant's virtual host without its data: the listener rules and the target group, the instances, and the pipeline that
 * deploys software to them. It creates no roles: those it uses are created when the tenant is vended.
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
    const parameters = declareHostParameters(this, groups);
    const database = config.database === 'none' ? undefined : declareDatabaseParameters(this);

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
      // CloudFormation refuses an update that reaches neither a resource nor an output
      // (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2027).
      ProvisionedFrom: parameters.provenance.map(({ valueAsString }) => valueAsString).join('; '),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
