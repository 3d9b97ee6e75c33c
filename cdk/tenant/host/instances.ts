import { Validations } from 'aws-cdk-lib';
import { CfnAutoScalingGroup, CfnScalingPolicy } from 'aws-cdk-lib/aws-autoscaling';
import { CfnLaunchTemplate, type CfnSecurityGroup, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { names, tags } from '../../../scripts/config/names.ts';
import { minInstances } from '../../../scripts/config/vendhost.ts';
import type { HostStackProps } from './host-props.ts';
import type { DatabaseParameters, HostParameters } from './parameters.ts';
import { userData } from './user-data.ts';

export interface InstancesProps extends HostStackProps {
  /** ARNs. */
  readonly targetGroups: readonly string[];
  readonly securityGroup: CfnSecurityGroup;
  readonly parameters: HostParameters;
  readonly database: DatabaseParameters | undefined;
}

/** Average CPU utilization, in per cent, that scaling keeps the group at. */
const targetLoad = 60;

/** The launch template and the Auto Scaling group of the instances, which are attached to the tenant's target group. */
export class Instances extends Construct {
  readonly template: CfnLaunchTemplate;
  readonly group: CfnAutoScalingGroup;

  constructor(scope: Construct, id: string, props: InstancesProps) {
    super(scope, id);
    this.template = this.#template(props);
    this.group = this.#group(props);
    if (props.config.instances.max > minInstances(props.config.instances, props.place.environment)) {
      new CfnScalingPolicy(this, 'Load', {
        autoScalingGroupName: this.group.ref,
        policyType: 'TargetTrackingScaling',
        targetTrackingConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: 'ASGAverageCPUUtilization' },
          targetValue: targetLoad,
        },
      });
    }
    if (props.database !== undefined) {
      new CfnSecurityGroupIngress(this, 'ToDatabase', {
        groupId: props.database.securityGroup.valueAsString,
        sourceSecurityGroupId: props.securityGroup.attrGroupId,
        ipProtocol: 'tcp',
        fromPort: 3306,
        toPort: 3306,
        description: `Instances of ${names.host(props.place)}`,
      });
    }
  }

  #template({
    place,
    stack,
    facts,
    record,
    config,
    securityGroup,
    parameters,
    database,
  }: InstancesProps): CfnLaunchTemplate {
    const { instanceProfile } = record.roles;
    const own = { ...tags(place.environment, 'host', place.tenant), Name: names.host(place) };
    const tagList = Object.entries(own).map(([key, value]) => ({ key, value }));
    return new CfnLaunchTemplate(this, 'Template', {
      launchTemplateName: names.host(place),
      // The execution role may create and change only launch templates with these tags.
      tagSpecifications: [{ resourceType: 'launch-template', tags: tagList }],
      launchTemplateData: {
        imageId: parameters.imageId.valueAsString,
        instanceType: config.instances.type,
        iamInstanceProfile: instanceProfile.startsWith('arn:') ? { arn: instanceProfile } : { name: instanceProfile },
        securityGroupIds: [securityGroup.attrGroupId],
        metadataOptions: { httpTokens: 'required', httpEndpoint: 'enabled', httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          {
            deviceName: parameters.rootDevice.valueAsString,
            ebs: { volumeType: 'gp3', encrypted: true, kmsKeyId: facts['key-arn'], deleteOnTermination: true },
          },
        ],
        userData: userData({
          place,
          region: stack.region,
          hosts: record.hosts,
          port: record.port,
          bucket: record.bucket,
          database,
          logs: record.logs,
          logPaths: config.logs,
        }),
        tagSpecifications: ['instance', 'volume'].map((resourceType) => ({ resourceType, tags: tagList })),
      },
    });
  }

  #group({ place, facts, targetGroups, config, parameters }: InstancesProps): CfnAutoScalingGroup {
    const group = new CfnAutoScalingGroup(this, 'Group', {
      autoScalingGroupName: names.host(place),
      minSize: String(minInstances(config.instances, place.environment)),
      maxSize: String(config.instances.max),
      vpcZoneIdentifier: [...facts['egress-subnet-ids']],
      launchTemplate: {
        launchTemplateId: this.template.ref,
        version: parameters.launchTemplateVersion.valueAsString,
      },
      targetGroupArns: [...targetGroups],
      healthCheckType: parameters.healthCheckType.valueAsString,
      healthCheckGracePeriod: config.health_check.grace_seconds,
      defaultInstanceWarmup: config.health_check.grace_seconds,
      // A new instance is in service before an old one is terminated, even if there is only one.
      instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 200 },
      tags: [{ key: 'Name', value: names.host(place), propagateAtLaunch: true }],
    });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-AS2',
      reason: 'The health check type is a parameter, which the rule cannot read; both types have the grace period.',
    });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-AS3',
      reason:
        'The scaling activities of the group record every launch and termination; nobody would read a notification for each.',
    });
    return group;
  }
}
