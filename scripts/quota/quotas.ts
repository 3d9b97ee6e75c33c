/** Which AWS response states a quota, and often how much of it is used. */
export type QuotaSource =
  | 'RDS'
  | 'IAM'
  | 'Auto Scaling'
  | 'Elastic Load Balancing'
  | 'CloudFormation'
  | 'EC2'
  | 'Service Quotas';

/** A quota of AWS that tenants use up. */
export interface Quota {
  readonly name: string;
  /** What it is counted for; IAM's are the same in all regions. */
  readonly per: 'region' | 'account' | 'load balancer';
  /** AWS's value for an account that never requested more. */
  readonly usual: number;
  /** The highest value that AWS raises it to, if known. */
  readonly most?: number;
  readonly source: QuotaSource;
  /** Its name in Service Quotas; without a code AWS does not raise it. */
  readonly service?: string;
  readonly code?: string;
  /** How much of it a tenant uses in each environment: when it is vended, and when its virtual host is first provisioned. */
  readonly vend?: number;
  readonly host?: number;
  /** What else uses it, for people. */
  readonly also?: string;
  /** AWS page that states it. */
  readonly page: string;
}

const rdsPage = 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html';
const iamPage = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html';
const balancerPage = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html';
const vpcPage = 'https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html';

/**
 * The quotas that tenants reach first. What is not here is far away (secrets: 500,000; alarms: 5,000; SSM parameters: 10,000;
 * CodeDeploy applications and pipelines: 1,000).
 */
export const quotas = {
  'load-balancer-rules': {
    name: 'rules of a load balancer',
    per: 'load balancer',
    usual: 100,
    source: 'Elastic Load Balancing',
    service: 'elasticloadbalancing',
    code: 'L-7EED9B64',
    vend: 1,
    also: 'one more for each further depth of wildcards and each five hosts; as many on the new one while a tenant moves',
    page: balancerPage,
  },
  'load-balancer-target-groups': {
    name: 'target groups of a load balancer',
    per: 'load balancer',
    usual: 100,
    source: 'Elastic Load Balancing',
    vend: 1,
    also: 'one more, on the new one, while a tenant moves to another load balancer',
    page: balancerPage,
  },
  'target-groups': {
    name: 'target groups',
    per: 'region',
    usual: 3000,
    source: 'Elastic Load Balancing',
    service: 'elasticloadbalancing',
    code: 'L-B22855CB',
    vend: 1,
    also: 'one more while a tenant moves to another load balancer',
    page: balancerPage,
  },
  'database-instances': {
    name: 'database instances',
    per: 'region',
    usual: 40,
    source: 'RDS',
    service: 'rds',
    code: 'L-7B6409FD',
    host: 1,
    page: rdsPage,
  },
  'database-parameter-groups': {
    name: 'database parameter groups',
    per: 'region',
    usual: 50,
    source: 'RDS',
    service: 'rds',
    code: 'L-DE55804A',
    host: 1,
    page: rdsPage,
  },
  'database-subnet-groups': {
    name: 'database subnet groups',
    per: 'region',
    usual: 50,
    source: 'RDS',
    service: 'rds',
    code: 'L-48C6BF61',
    also: 'one for each environment; tenants share it',
    page: rdsPage,
  },
  roles: {
    name: 'IAM roles',
    per: 'account',
    usual: 1000,
    most: 5000,
    source: 'IAM',
    service: 'iam',
    code: 'L-FE177D64',
    vend: 7,
    also: 'one or two more each with jobs that approve, `intake`, or a project for each half',
    page: iamPage,
  },
  policies: {
    name: 'customer managed IAM policies',
    per: 'account',
    usual: 1500,
    most: 5000,
    source: 'IAM',
    service: 'iam',
    code: 'L-E95E4862',
    vend: 5,
    page: iamPage,
  },
  'instance-profiles': {
    name: 'instance profiles',
    per: 'account',
    usual: 1000,
    most: 5000,
    source: 'IAM',
    service: 'iam',
    code: 'L-6E65F664',
    vend: 1,
    page: iamPage,
  },
  'auto-scaling-groups': {
    name: 'Auto Scaling groups',
    per: 'region',
    usual: 500,
    source: 'Auto Scaling',
    service: 'autoscaling',
    code: 'L-CDE20ADC',
    host: 1,
    page: 'https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html',
  },
  stacks: {
    name: 'stacks',
    per: 'region',
    usual: 2000,
    source: 'CloudFormation',
    service: 'cloudformation',
    code: 'L-0485CB21',
    vend: 2,
    host: 2,
    page: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html',
  },
  'security-groups': {
    name: 'security groups',
    per: 'region',
    usual: 2500,
    source: 'Service Quotas',
    service: 'vpc',
    code: 'L-E79EC296',
    host: 2,
    also: 'one more while an image is baked',
    page: vpcPage,
  },
  'elastic-ips': {
    name: 'Elastic IP addresses',
    per: 'region',
    usual: 5,
    source: 'EC2',
    service: 'ec2',
    code: 'L-0263D0A3',
    also: 'one for each NAT gateway of an environment; `nat: per-zone` takes three',
    page: vpcPage,
  },
  vcpus: {
    name: 'vCPUs of running standard instances',
    per: 'region',
    usual: 5,
    source: 'Service Quotas',
    service: 'ec2',
    code: 'L-1216C47A',
    also: "each tenant's instances, up to `instances.max`, and one builder while an image is baked",
    page: 'https://docs.aws.amazon.com/general/latest/gr/ec2-service.html',
  },
} as const satisfies Readonly<Record<string, Quota>>;

export type QuotaId = keyof typeof quotas;

/** A quota by its id. */
export function quotaOf(id: QuotaId): Quota {
  return quotas[id];
}

export const quotaIds = Object.keys(quotas) as QuotaId[];

/** How to request an increase. */
export function increase(id: QuotaId, region: string): string {
  const { service, code, per } = quotaOf(id);
  if (service === undefined || code === undefined) {
    return `AWS does not raise it: ${per === 'load balancer' ? 'add a load balancer (load_balancers in platform.yml)' : 'use another account'}`;
  }
  // Quotas of a service without regions are kept in one of them.
  const where = service === 'iam' ? 'us-east-1' : region;
  return `ask AWS for more: aws service-quotas request-service-quota-increase --region ${where} --service-code ${service} --quota-code ${code} --desired-value NUMBER`;
}
