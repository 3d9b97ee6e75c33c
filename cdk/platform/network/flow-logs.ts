import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { CfnFlowLog, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';

export interface FlowLogsProps {
  readonly vpc: IVpc;
  readonly environment: string;
  /** Rejected connections or all. The rejected ones answer "why can A not reach B" at a fraction of the price. */
  readonly traffic: 'rejected' | 'all';
}

/**
 * Logs connections in the VPC and keeps them for two weeks. The log group is encrypted with a key of CloudWatch Logs, because
 * the environment's key is in the storage stack, which is deployed at the same time. The records contain addresses and
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
    // CDK's FlowLog would grant the role the same rights a second time.
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
   * The role with which records are delivered. AWS's example also allows creating and listing log groups, which is not
   * needed here: the log group exists
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
