import { type App, CfnOutput } from 'aws-cdk-lib';
import { names, tags } from '../../../scripts/config/names.ts';
import { VendhostStack } from '../../app.ts';
import { Admission } from './admission.ts';
import { Alarms } from './alarms.ts';
import { DatabaseAlarms } from './database-alarms.ts';
import type { HostStackProps } from './host-props.ts';
import { Instances } from './instances.ts';
import { declareDatabaseParameters, declareHostParameters } from './parameters.ts';
import { Releases } from './releases.ts';

/**
 * A tenant's virtual host without its data: the instances, and what deploys software to them. The roles, the target group and the
 * pipeline it works with are created when the tenant is vended.
 */
export class HostStack extends VendhostStack {
  constructor(app: App, props: HostStackProps) {
    const { place, facts, record, targetGroup, config, otherBalancers = [] } = props;
    super(
      app,
      names.tenantStack(place, 'host'),
      { ...props.stack, tags: tags(place.environment, 'host', place.tenant) },
      { description: `Virtual host of ${place.tenant} in ${place.environment}` },
    );
    const parameters = declareHostParameters(this);
    const database = config.database === 'none' && !props.keepsDatabase ? undefined : declareDatabaseParameters(this);

    // The group's logical id contains this id: a new one would be a new group for all instances.
    const securityGroups = [
      facts['load-balancer-security-group-id'],
      ...otherBalancers.map((each) => each.securityGroup),
    ];
    const { group: securityGroup } = new Admission(this, 'Traffic', {
      place,
      facts,
      port: record.port,
      securityGroups,
    });
    // In the order of their numbers: the one that serves the hosts changes during a move.
    const targetGroups = [{ number: record.loadBalancer, targetGroup }, ...otherBalancers]
      .sort((one, other) => one.number - other.number)
      .map((each) => each.targetGroup);
    const instances = new Instances(this, 'Instances', { ...props, targetGroups, securityGroup, parameters, database });
    new Releases(this, 'Releases', {
      name: names.host(place),
      roleArn: record.roles.codedeploy,
      deploymentConfig: config.deployment_config,
      group: instances.group,
      targetGroups,
    });
    new Alarms(this, 'Alarms', {
      name: this.stackName,
      balancers: [{ loadBalancerArn: facts['load-balancer-arn'], targetGroup }, ...otherBalancers],
      topic: facts['alerts-topic'],
    });
    if (config.database !== 'none') {
      new DatabaseAlarms(this, 'DatabaseAlarms', {
        name: this.stackName,
        database: names.host(place),
        config: config.database,
        topic: facts['alerts-topic'],
      });
    }

    const outputs = {
      LaunchTemplateId: instances.template.ref,
      NewestVersion: instances.template.attrLatestVersionNumber,
      // CloudFormation refuses an update that reaches neither a resource nor an output
      // (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2027).
      ProvisionedFrom: parameters.provenance.map(({ valueAsString }) => valueAsString).join('; '),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
