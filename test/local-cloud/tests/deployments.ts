import { setTimeout as wait } from 'node:timers/promises';
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  type Diagnostics,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
} from '@aws-sdk/client-codedeploy';
import { DescribeImagesCommand, DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { strToU8, zipSync } from 'fflate';
import { clientConfig } from './stacks.ts';

/** Path in a revision -> content. Names that end in `.sh` are executable. */
export type Files = Record<string, string>;

/** How a deployment ended. */
export interface Outcome {
  info: DeploymentInfo;
  status: string;
  targets: InstanceTarget[];
}

const unix = 3;

/** A revision as a zip. */
export function zipped(files: Files): Uint8Array {
  const entries = Object.entries(files).map(([name, text]) => {
    const mode = name.endsWith('.sh') ? 0o755 : 0o644;
    return [name, [strToU8(text), { os: unix, attrs: (0o100000 | mode) * 0x10000 }]] as const;
  });
  return zipSync(Object.fromEntries(entries.map(([name, [data, options]]) => [name, [data, options]])));
}

/** A bash script. */
export function script(...lines: string[]): string {
  return ['#!/bin/bash', ...lines, ''].join('\n');
}

/** An application, its bucket and its instances in an account of the local cloud. */
export class Deployments {
  readonly endpoint: string;
  readonly application: string;
  readonly codedeploy: CodeDeployClient;
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly role: string;

  constructor(endpoint: string, account: string, application: string) {
    this.endpoint = endpoint;
    this.application = application;
    const config = clientConfig(endpoint, account);
    this.codedeploy = new CodeDeployClient(config);
    this.ec2 = new EC2Client(config);
    this.s3 = new S3Client({ ...config, forcePathStyle: true });
    this.bucket = `${application}-${account}`;
    this.role = `arn:aws:iam::${account}:role/${application}`;
  }

  async prepare(): Promise<void> {
    await this.s3.send(new CreateBucketCommand({ Bucket: this.bucket }));
    const enabled = { Bucket: this.bucket, VersioningConfiguration: { Status: 'Enabled' as const } };
    await this.s3.send(new PutBucketVersioningCommand(enabled));
    await this.codedeploy.send(new CreateApplicationCommand({ applicationName: this.application }));
  }

  /** Starts an instance with the tag `group` and waits until it runs; its user data installs the agent, unless it should have none. */
  async launch(group: string, { agent = true, role = '', profile = '' } = {}): Promise<string> {
    const { Images } = await this.ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
    const url = `${this.endpoint}/aws-codedeploy-eu-west-1/latest/install`;
    const install = agent ? [`curl -fsS ${url} -o /tmp/install`, 'sh /tmp/install auto'] : [];
    const answer = await this.ec2.send(
      new RunInstancesCommand({
        ImageId: Images?.[0]?.ImageId,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        ...(profile ? { IamInstanceProfile: { Name: profile } } : {}),
        UserData: btoa(script(`echo '${role}' > /etc/role`, ...install)),
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'group', Value: group }] }],
      }),
    );
    const id = answer.Instances?.[0]?.InstanceId ?? '';
    for (;;) {
      const found = await this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const state = found.Reservations?.[0]?.Instances?.[0]?.State?.Name;
      if (state === 'running') return id;
      if (state !== 'pending') throw new Error(`the instance ${id} is ${state}`);
      await wait(50);
    }
  }

  /** A deployment group of the instances with the tag `group` of the same value. */
  async group(name: string, settings: Partial<CreateDeploymentGroupCommandInput> = {}): Promise<void> {
    await this.codedeploy.send(
      new CreateDeploymentGroupCommand({
        applicationName: this.application,
        deploymentGroupName: name,
        serviceRoleArn: this.role,
        deploymentConfigName: 'CodeDeployDefault.AllAtOnce',
        ec2TagFilters: [{ Key: 'group', Value: name, Type: 'KEY_AND_VALUE' }],
        ...settings,
      }),
    );
  }

  async upload(key: string, body: Uint8Array): Promise<{ version: string | undefined; eTag: string | undefined }> {
    const put = await this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body }));
    return { version: put.VersionId, eTag: put.ETag };
  }

  /** Uploads a revision and starts its deployment; the deployment's id. */
  async start(group: string, files: Files, settings: Partial<CreateDeploymentCommandInput> = {}): Promise<string> {
    const key = `${group}.zip`;
    const { version, eTag } = await this.upload(key, zipped(files));
    const { deploymentId } = await this.codedeploy.send(
      new CreateDeploymentCommand({
        applicationName: this.application,
        deploymentGroupName: group,
        revision: { revisionType: 'S3', s3Location: { bucket: this.bucket, key, bundleType: 'zip', version, eTag } },
        ...settings,
      }),
    );
    return deploymentId ?? '';
  }

  /** Deploys a revision and waits for the end. */
  async deploy(group: string, files: Files, settings?: Partial<CreateDeploymentCommandInput>): Promise<Outcome> {
    return this.ended(await this.start(group, files, settings));
  }

  async info(deploymentId: string): Promise<DeploymentInfo> {
    const { deploymentInfo } = await this.codedeploy.send(new GetDeploymentCommand({ deploymentId }));
    return deploymentInfo ?? {};
  }

  async targets(deploymentId: string): Promise<InstanceTarget[]> {
    const { targetIds = [] } = await this.codedeploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
    const found = targetIds.map((targetId) =>
      this.codedeploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId })),
    );
    return (await Promise.all(found)).map(({ deploymentTarget }) => deploymentTarget?.instanceTarget ?? {});
  }

  async ended(deploymentId: string): Promise<Outcome> {
    for (;;) {
      const info = await this.info(deploymentId);
      const status = info.status ?? '';
      if (['Succeeded', 'Failed', 'Stopped'].includes(status)) {
        return { info, status, targets: await this.targets(deploymentId) };
      }
      await wait(50);
    }
  }
}

/** Event -> status of the first (or only) target. */
export function events(outcome: Outcome): Record<string, string> {
  const list = outcome.targets[0]?.lifecycleEvents ?? [];
  return Object.fromEntries(list.map(({ lifecycleEventName, status }) => [lifecycleEventName, status]));
}

/** What failed on the first (or only) target, and why. */
export function failures(outcome: Outcome): string[] {
  return (outcome.targets[0]?.lifecycleEvents ?? [])
    .filter(({ status }) => status === 'Failed')
    .map(({ lifecycleEventName, diagnostics }) => `${lifecycleEventName}: ${JSON.stringify(diagnostics)}`);
}

/** What an event of the first (or only) target reports. */
export function diagnostics(outcome: Outcome, event: string): Diagnostics | undefined {
  return outcome.targets[0]?.lifecycleEvents?.find(({ lifecycleEventName }) => lifecycleEventName === event)
    ?.diagnostics;
}
