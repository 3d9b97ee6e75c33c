import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import {
  CreateImageCommand,
  CreateLaunchTemplateCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  type Image,
  type Instance,
  type RequestLaunchTemplateData,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { vi } from 'vitest';
import { clientConfig } from '../clients.ts';

const often = { interval: 50, timeout: 100_000 };

/** User data of an instance that serves the files `ok` and `who` on port 8080 of its own address. */
export const webServer = `#!/bin/sh
mkdir -p /srv/web && cd /srv/web && echo fine > ok && hostname > who
exec python3 -u -m http.server 8080 --bind "$(hostname -i)"
`;

/** Waits until `check` gives something; polls, as everything here happens in the background. */
export function eventually<T>(check: () => Promise<T | undefined | false>): Promise<T> {
  return vi.waitUntil(check, often) as Promise<T>;
}

/** Instances, images, groups and load balancers of one account of the local cloud. */
export class Fleet {
  readonly ec2: EC2Client;
  readonly scaling: AutoScalingClient;
  readonly balancing: ElasticLoadBalancingV2Client;
  readonly subnet = 'subnet-00000001';
  /** In two zones, as a load balancer needs them. */
  readonly subnets = [this.subnet, 'subnet-00000002'];
  readonly vpc = 'vpc-00000001';

  constructor(endpoint: string, account: string, region?: string) {
    const config = clientConfig(endpoint, account, region);
    this.ec2 = new EC2Client(config);
    this.scaling = new AutoScalingClient(config);
    this.balancing = new ElasticLoadBalancingV2Client(config);
  }

  async baseImage(): Promise<string> {
    const filter = { Name: 'name', Values: ['debian-12-amd64-*'] };
    const { Images } = await this.ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'], Filters: [filter] }));
    return Images?.[0]?.ImageId ?? '';
  }

  /** Starts an instance of the base image. */
  async start(input: Partial<RunInstancesCommandInput> = {}): Promise<Instance> {
    const answer = await this.ec2.send(
      new RunInstancesCommand({
        ImageId: input.ImageId ?? (await this.baseImage()),
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        ...input,
      }),
    );
    return answer.Instances?.[0] ?? {};
  }

  /** Starts an instance and waits until it runs. */
  async run(input: Partial<RunInstancesCommandInput> = {}): Promise<Instance> {
    const { InstanceId } = await this.start(input);
    return this.inState(InstanceId, 'running');
  }

  async instance(id: string | undefined): Promise<Instance> {
    const { Reservations } = await this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id ?? ''] }));
    return Reservations?.[0]?.Instances?.[0] ?? {};
  }

  inState(id: string | undefined, state: string): Promise<Instance> {
    return eventually(async () => {
      const found = await this.instance(id);
      return found.State?.Name === state && found;
    });
  }

  /** Waits until the console has a line that starts so; the console's text. */
  consoleWith(id: string | undefined, line: string): Promise<string> {
    return eventually(async () => {
      const { Output } = await this.ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
      const text = Buffer.from(Output ?? '', 'base64').toString();
      return text.split('\n').some((one) => one.startsWith(line)) && text;
    });
  }

  async image(id: string | undefined): Promise<Image> {
    const { Images } = await this.ec2.send(new DescribeImagesCommand({ ImageIds: [id ?? ''] }));
    return Images?.[0] ?? {};
  }

  /** Waits until an image can be launched. */
  available(id: string | undefined): Promise<Image> {
    return eventually(async () => {
      const found = await this.image(id);
      return found.State === 'available' && found;
    });
  }

  async createImage(instance: string | undefined, name: string): Promise<Image> {
    const { ImageId } = await this.ec2.send(new CreateImageCommand({ InstanceId: instance, Name: name }));
    return this.available(ImageId);
  }

  async launchTemplate(name: string, data: RequestLaunchTemplateData): Promise<string> {
    const command = new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData: data });
    return (await this.ec2.send(command)).LaunchTemplate?.LaunchTemplateId ?? '';
  }

  /** A load balancer with a listener on port 80 that answers 503 `host not found`; the listener's ARN. */
  async listener(name: string): Promise<string> {
    const { LoadBalancers } = await this.balancing.send(
      new CreateLoadBalancerCommand({ Name: name, Subnets: this.subnets }),
    );
    const { Listeners } = await this.balancing.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: 'HTTP',
        Port: 80,
        DefaultActions: [
          {
            Type: 'fixed-response',
            FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'host not found' },
          },
        ],
      }),
    );
    return Listeners?.[0]?.ListenerArn ?? '';
  }

  async targetGroup(name: string, settings: Partial<CreateTargetGroupCommandInput> = {}): Promise<string> {
    const { TargetGroups } = await this.balancing.send(
      new CreateTargetGroupCommand({
        Name: name,
        Protocol: 'HTTP',
        Port: 8080,
        VpcId: this.vpc,
        HealthCheckPath: '/ok',
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 2,
        ...settings,
      }),
    );
    return TargetGroups?.[0]?.TargetGroupArn ?? '';
  }

  /** Target id -> state of its health. */
  async health(targetGroup: string): Promise<Record<string, string>> {
    const command = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup });
    const { TargetHealthDescriptions } = await this.balancing.send(command);
    return Object.fromEntries(
      (TargetHealthDescriptions ?? []).map((one) => [one.Target?.Id ?? '', one.TargetHealth?.State ?? '']),
    );
  }
}
