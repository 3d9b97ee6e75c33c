import type { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnApplication, CfnDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { Construct } from 'constructs';

export interface ReleasesProps {
  readonly name: string;
  readonly roleArn: string;
  readonly deploymentConfig: string;
  readonly group: CfnAutoScalingGroup;
  /** ARNs. */
  readonly targetGroups: readonly string[];
}

/**
 * CodeDeploy application and deployment group. Deployments are in place: each instance is deregistered from the target
 * group, updated, and registered again. A failed deployment is rolled back to the last successful revision, and a new
 * instance gets that revision before it receives requests.
 */
export class Releases extends Construct {
  constructor(scope: Construct, id: string, props: ReleasesProps) {
    super(scope, id);
    const application = new CfnApplication(this, 'Application', {
      applicationName: props.name,
      computePlatform: 'Server',
    });
    new CfnDeploymentGroup(this, 'DeploymentGroup', {
      applicationName: application.ref,
      deploymentGroupName: props.name,
      serviceRoleArn: props.roleArn,
      deploymentConfigName: props.deploymentConfig,
      autoScalingGroups: [props.group.ref],
      deploymentStyle: { deploymentType: 'IN_PLACE', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      // Up to ten (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_LoadBalancerInfo.html).
      loadBalancerInfo: { targetGroupInfoList: props.targetGroups.map((arn) => ({ name: arn.split('/').at(-2) })) },
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
    });
  }
}
