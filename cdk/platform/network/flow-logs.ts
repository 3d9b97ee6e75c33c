import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { CfnFlowLog, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';

export interface FlowLogsProps {
  readonly vpc: IVpc;
  readonly environment: string;
  /** What the network refused, or all of it. The refused answers "why can A not reach B" for a fraction of the price. */
  readonly traffic: 'rejected' | 'all';
}

/**
 * Which connections in the VPC were tried, for two weeks. The log group is encrypted by CloudWatch Logs' own key, not by the
 * environment's: that one is in the storage stack, which is deployed at the same time. The records hold addresses and
 * ports, no content.
 */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, { vpc, environment, traffic }: FlowLogsProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/vendhost/${environment}/flow-logs`,
      retention: RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // CDK's own construct would give the role the same rights a second time.
    const flowLog = new CfnFlowLog(this, 'FlowLog', {
      resourceType: 'VPC',
      resourceId: vpc.vpcId,
      trafficType: traffic === 'all' ? 'ALL' : 'REJECT',
      logDestinationType: 'cloud-watch-logs',
      logGroupName: logGroup.logGroupName,
      deliverLogsPermissionArn: this.#writer(logGroup, environment).roleArn,
    });
    Tags.of(flowLog).add('Name', `vendhost-${environment}`);
  }

  /**
   * The role records are delivered with. AWS's example lets it make and list all log groups as well; the one it needs exists
   * (https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html).
   */
  #writer(logGroup: LogGroup, environment: string): Role {
    const { account, region, partition } = Stack.of(this);
    const write = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    });
    return new Role(this, 'Role', {
      description: `Flow logs of the VPC of ${environment}`,
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:ec2:${region}:${account}:vpc-flow-log/*` },
        },
      }),
      permissionsBoundary: ManagedPolicy.fromManagedPolicyName(this, 'Boundary', names.serviceBoundary(environment)),
      inlinePolicies: { write: new PolicyDocument({ statements: [write] }) },
    });
  }
}
