import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
} from '@aws-sdk/client-codedeploy';
import { EC2Client } from '@aws-sdk/client-ec2';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from '../local-cloud/clients.ts';
import { makeBucket } from './bucket.ts';
import { deploymentEnd, deploymentOutcome, type Outcome } from './deployment-outcome.ts';
import { agentInstaller, running, startInstance } from './instances.ts';
import { type Files, script, zipped } from './revision.ts';

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
    await makeBucket(this.s3, this.bucket);
    await this.codedeploy.send(new CreateApplicationCommand({ applicationName: this.application }));
  }

  /** Starts an instance with the tag `group` and waits until it runs; it gets the agent unless that is turned off. */
  async launch(group: string, { agent = true, role = '', profile = '' } = {}): Promise<string> {
    const install = agent ? agentInstaller(this.endpoint) : [];
    const id = await startInstance(this.ec2, {
      ...(profile ? { IamInstanceProfile: { Name: profile } } : {}),
      UserData: btoa(script(`echo '${role}' > /etc/role`, ...install)),
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'group', Value: group }] }],
    });
    await running(this.ec2, id);
    return id;
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

  /** How a deployment stands now. */
  outcome(deploymentId: string): Promise<Outcome> {
    return deploymentOutcome(this.codedeploy, deploymentId);
  }

  /** Waits for the end of a deployment. */
  ended(deploymentId: string): Promise<Outcome> {
    return deploymentEnd(this.codedeploy, deploymentId);
  }
}
