/** Where something is: an account and a region of a partition (`aws`, `aws-cn`, `aws-us-gov`). */
export interface AwsPlace {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** The ARNs of an account and region, spelled out: what a policy names can be read in its template and its tests. */
export class Arns {
  readonly partition: string;
  readonly account: string;
  readonly region: string;

  constructor({ partition, account, region }: AwsPlace) {
    this.partition = partition;
    this.account = account;
    this.region = region;
  }

  /** ARN of something in the account and region. */
  arn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.account}:${resource}`;
  }

  /** ARN of something that has no region, like a role. */
  globalArn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}::${this.account}:${resource}`;
  }

  /** ARNs of all resources of these types of EC2's; their ids are AWS's to give. */
  ec2(...types: string[]): string[] {
    return types.map((type) => this.arn('ec2', `${type}/*`));
  }

  /** ARN of a bucket, or of objects in it. */
  s3(bucket: string, key?: string): string {
    return `arn:${this.partition}:s3:::${bucket}${key === undefined ? '' : `/${key}`}`;
  }

  /** Objects of AWS's own bucket with the CodeDeploy agent. */
  agentObjects(): string {
    return this.s3(`aws-codedeploy-${this.region}`, '*');
  }

  awsPolicyArn(name: string): string {
    return `arn:${this.partition}:iam::aws:policy/${name}`;
  }
}
