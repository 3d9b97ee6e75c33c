import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place, type TenantRole } from '../../../scripts/config/names.ts';
import type { Intake, TenantLimits } from '../../../scripts/config/tenant.ts';
import { Arns } from '../../arns.ts';
import { type Condition, merge } from '../../role.ts';

export interface ScopeProps {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
  readonly limits: TenantLimits;
  readonly port: number;
  readonly intake?: Intake | undefined;
  /** Page that the tenant's jobs may switch on. */
  readonly maintenanceSwitch?: string | undefined;
}

/** ARNs and conditions that match one tenant's resources in one environment and nobody else's. */
export class Scope extends Arns {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly limits: TenantLimits;
  readonly host: string;
  /** What starts the tenant's pipeline in addition to its jobs, if anything does. */
  readonly intake: Intake | undefined;
  /** Whether the tenant's jobs may switch maintenance. */
  readonly maySwitch: boolean;
  /** ARNs of the tenant's target groups, of whatever load balancers; AWS chooses their last parts. */
  readonly targetGroup: string;

  constructor({ place, account, region, facts, limits, port, intake, maintenanceSwitch }: ScopeProps) {
    super({ partition: facts['key-arn'].split(':')[1] ?? 'aws', account, region });
    this.place = place;
    this.facts = facts;
    this.limits = limits;
    this.intake = intake;
    this.maySwitch = maintenanceSwitch !== undefined;
    this.host = names.host(place);
    this.targetGroup = this.arn('elasticloadbalancing', `targetgroup/${names.targetGroupPrefix(place)}${port}-*/*`);
  }

  /** Whether GitLab reports pushes, which CodeBuild builds, because the project has no runner. */
  get isBuilt(): boolean {
    return this.intake === 'webhook';
  }

  roleArn(role: TenantRole): string {
    return this.globalArn('iam', `role/${names.tenantRole(this.place, role)}`);
  }

  /** ARNs of objects in the environment's bucket; an empty key stands for the bucket itself. */
  objects(...keys: string[]): string[] {
    return keys.map((key) => (key === '' ? this.s3(this.facts.bucket) : this.s3(this.facts.bucket, key)));
  }

  /** ARN of every image: AWS leaves the account in it empty. */
  images(): string[] {
    return this.#withoutAccount('image');
  }

  /** ARN of every snapshot: AWS leaves the account in it empty. */
  snapshots(): string[] {
    return this.#withoutAccount('snapshot');
  }

  #withoutAccount(type: string): string[] {
    return this.ec2(type).map((arn) => arn.replace(`:${this.account}:`, ':*:'));
  }

  /** The resource has the tenant's tag and that of the environment. */
  get resourceTags(): Condition {
    return {
      StringEquals: {
        'aws:ResourceTag/vendhost:tenant': this.place.tenant,
        'aws:ResourceTag/vendhost:environment': this.place.environment,
      },
    };
  }

  /** The request sets the tenant's tag and that of the environment. */
  get requestTags(): Condition {
    return {
      StringEquals: {
        'aws:RequestTag/vendhost:tenant': this.place.tenant,
        'aws:RequestTag/vendhost:environment': this.place.environment,
      },
    };
  }

  /**
   * Like `requestTags`, and only while one of these calls creates the resource: existing resources without an owner cannot be
   * taken (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html).
   */
  tagsOnCreation(...calls: string[]): Condition {
    return { StringEquals: { ...this.requestTags.StringEquals, 'ec2:CreateAction': calls } };
  }

  /** A new instance of a granted type that answers IMDSv2 only. A launch that omits this is refused too. */
  get newInstance(): Condition {
    return merge(this.requestTags, {
      StringEquals: { 'ec2:InstanceType': this.limits.instance_types, 'ec2:MetadataHttpTokens': 'required' },
    });
  }

  /** A new encrypted volume; no condition restricts the key. */
  get newVolume(): Condition {
    return merge(this.requestTags, { Bool: { 'ec2:Encrypted': 'true' } });
  }

  /** A snapshot that the call creates: AWS has `*` for its id, or none. */
  get newSnapshot(): Condition {
    return merge(this.requestTags, { StringEqualsIfExists: { 'ec2:SnapshotID': '*' } });
  }

  /** All EC2 resources in the region, including images and snapshots; for statements that require tags. */
  get anything(): string[] {
    return [`arn:${this.partition}:ec2:${this.region}:*:*`];
  }

  /** A network interface that the call creates: AWS has `*` for its id, or none. */
  get newInterface(): Condition {
    return { StringEqualsIfExists: { 'ec2:NetworkInterfaceID': '*' } };
  }

  /** The subnets of public builders. */
  get publicSubnets(): string[] {
    return this.facts['public-subnet-ids'].map((id) => this.arn('ec2', `subnet/${id}`));
  }

  /** The subnets of instances, and of private builders. */
  get egressSubnets(): string[] {
    return this.facts['egress-subnet-ids'].map((id) => this.arn('ec2', `subnet/${id}`));
  }

  get vpc(): string {
    return this.arn('ec2', `vpc/${this.facts['vpc-id']}`);
  }

  /**
   * ARN of every secret that RDS manages for a database: nobody else can create a name with an exclamation mark
   * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, "Name").
   */
  get rotatedSecrets(): string {
    return this.arn('secretsmanager', 'secret:rds!db-*');
  }

  /** The secret is that of the tenant's database, by RDS's own tag; nobody else can set one that begins with `aws:`
   * (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html); with `IfExists`: or has no tag yet. */
  ofOwnDatabase(operator: 'StringEquals' | 'StringEqualsIfExists'): Condition {
    return { [operator]: { 'aws:ResourceTag/aws:rds:primaryDBInstanceArn': this.arn('rds', `db:${this.host}`) } };
  }

  /** The key is used by one of these services on behalf of the caller. */
  via(...services: string[]): Condition {
    return { StringEquals: { 'kms:ViaService': services.map((each) => `${each}.${this.region}.amazonaws.com`) } };
  }
}
