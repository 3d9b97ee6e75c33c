/** Account and region, and the partition they are in (`aws`, `aws-cn`, `aws-us-gov`). */
export interface AwsPlace {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** Builds ARNs of an account and region as plain text, so that templates and snapshots can be read. */
export class Arns {
  readonly partition: string;
  readonly account: string;
  readonly region: string;

  constructor({ partition, account, region }: AwsPlace) {
    this.partition = partition;
    this.account = account;
    this.region = region;
  }

  /** ARN of a resource in the account and region. */
  arn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.account}:${resource}`;
  }

  /** ARN of a resource without a region, like a role. */
  globalArn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}::${this.account}:${resource}`;
  }

  /** ARNs of all EC2 resources of these types, whose ids AWS chooses. */
  ec2(...types: string[]): string[] {
    return types.map((type) => this.arn('ec2', `${type}/*`));
  }

  /** ARN of a bucket or, with a key, of objects in it. */
  s3(bucket: string, key?: string): string {
    return `arn:${this.partition}:s3:::${bucket}${key === undefined ? '' : `/${key}`}`;
  }

  /** ARN of the objects in AWS's bucket with the CodeDeploy agent. */
  agentObjects(): string {
    return this.s3(`aws-codedeploy-${this.region}`, '*');
  }
}
