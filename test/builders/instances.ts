import { setTimeout as wait } from 'node:timers/promises';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';

/** Lines of bash that install the CodeDeploy agent: https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent-operations-install-linux.html */
export function agentInstaller(endpoint: string): string[] {
  return [`curl -fsS ${endpoint}/aws-codedeploy-eu-west-1/latest/install -o /tmp/install`, 'sh /tmp/install auto'];
}

/** Lines of bash that install the CloudWatch agent. */
export function logAgentInstaller(endpoint: string): string[] {
  const url = `${endpoint}/amazoncloudwatch-agent-eu-west-1/debian/amd64/latest/amazon-cloudwatch-agent.deb`;
  return [`curl -fsS ${url} -o /tmp/agent.deb`, 'dpkg --install /tmp/agent.deb'];
}

/** Starts an instance of Debian's image; its id. */
export async function startInstance(ec2: EC2Client, input: Partial<RunInstancesCommandInput>): Promise<string> {
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: Images?.[0]?.ImageId,
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      ...input,
    }),
  );
  return Instances?.[0]?.InstanceId ?? '';
}

/** Waits until an instance that was just started runs. */
export async function running(ec2: EC2Client, id: string): Promise<void> {
  for (;;) {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const state = Reservations?.[0]?.Instances?.[0]?.State?.Name;
    if (state === 'running') return;
    if (state !== 'pending') throw new Error(`the instance ${id} is ${state}`);
    await wait(50);
  }
}
