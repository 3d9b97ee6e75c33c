import { z } from 'zod';
import {
  branchName,
  builderAccess,
  defaultBranches,
  domainName,
  type Environment,
  environments,
  mostLoadBalancers,
  projectPath,
} from './environment.ts';
import { type NetworkChoice, networkPlan } from './network.ts';
import { crossFieldFaults, gitlabForm, issuerForm, runnerFault, supernetFault, vpcFault } from './platform-checks.ts';

export const platformName = z.string().regex(/^[a-z][a-z0-9-]{1,30}$/, 'lower-case letters, digits and hyphens');

/** IAM takes no longer address of an issuer and no longer audience (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html). */
const mostOfProvider = 255;

export const gitlabAddress = z
  .url({ protocol: /^https?$/ })
  .max(mostOfProvider)
  .regex(gitlabForm, 'an address without a user, a query and a fragment');

export const accountNumber = z.string().regex(/^\d{12}$/, 'a quoted 12-digit account number');

export const regionName = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, like eu-west-1')
  // https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
  .refine((region) => region !== 'us-west-1', 'a region with three availability zones')
  // docs/decisions/0030-only-the-commercial-regions.md
  .refine(
    (region) => !/^(cn|us-gov|us-iso[a-z]*|eu-isoe|eusc)-/.test(region),
    "one of AWS's commercial regions: China, GovCloud and the partitions apart are not supported",
  );

export const certificateArn = z
  .string()
  // https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html
  .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w+=,.@-]+$/, 'the ARN of an ACM certificate');

/** A text in CIDR form in which `faultOf` finds no fault; editors use the pattern. */
const network = (form: RegExp, faultOf: (text: string) => string | undefined) =>
  z
    .string()
    .regex(form, { error: ({ input }) => faultOf(String(input)), abort: true })
    .superRefine((text, context) => {
      const allowed = faultOf(text);
      if (allowed !== undefined) context.addIssue(allowed);
    });

const supernet = (kind: string) =>
  network(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, supernetFault)
    .optional()
    .meta({ description: `Network of the ${kind} subnets; each zone gets a quarter, the last quarter stays free` });

export const runnerNetwork = network(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, runnerFault);

/** Most rules of a security group (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups). */
const mostRunners = 60;

/** A list that names nothing twice. */
const withoutRepeats = (texts: readonly string[]) =>
  new Set(texts.map((each) => each.toLowerCase())).size === texts.length;
const once = 'a list that names each once';

/** Port 22 of an instance that runs a tenant's scripts: no default opens it to the world. */
const builders = z
  .strictObject({
    access: z
      .enum(builderAccess)
      .default('private')
      .meta({ description: 'Address the jobs reach a builder by: one in the VPC, or a public one' }),
    runners: z
      .array(runnerNetwork)
      .min(1)
      .max(mostRunners)
      // EC2 refuses a request that contains the same rule twice.
      .refine(withoutRepeats, once)
      .optional()
      .meta({ description: "Networks of the runners, which may reach a builder's port 22; without them the VPC's" }),
  })
  .refine(({ access, runners }) => access === 'private' || runners !== undefined, {
    path: ['runners'],
    error: 'the networks of the runners, when access is public',
  });

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;

const days = (preset: number, description: string) => z.int().min(1).max(3650).default(preset).meta({ description });

/** One day each is what the original had: enough to see a failure, too short to investigate last week. */
const retention = z.strictObject({
  trail: days(365, "CloudTrail's files: a year, because an intrusion is often found months later"),
  access: days(90, 'Access logs of load balancers and bucket: a quarter; they hold addresses of visitors'),
  versions: days(30, 'Former versions of objects that were overwritten, deleted or expired: a month to take one back'),
  logs: z.literal(logDays).default(30).meta({
    description: "What hooks and software of the tenants' instances log: a month; CloudWatch knows these numbers only",
  }),
});

const environment = z
  .strictObject({
    branch: branchName
      .optional()
      .meta({ description: 'Branch whose pushes reach this environment; default: dev, staging or master' }),
    account: accountNumber.meta({ description: 'AWS account, 12 digits in quotes' }),
    region: regionName.meta({ description: 'AWS region, like eu-west-1' }),
    role: z
      .string()
      // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, Path and RoleName
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/([!-.0-~]+\/)*[\w+=,.@-]{1,64}$/, 'the ARN of an IAM role')
      .optional()
      .meta({ description: 'Role to assume for this environment with credentials of another account' }),
    cidr: network(/^(10|172|192)(\.\d{1,3}){3}\/16$/, vpcFault).meta({
      description: 'Network of the VPC, a private /16 that no other environment has',
    }),
    subnets: z
      .strictObject({ public: supernet('public'), egress: supernet('egress'), isolated: supernet('isolated') })
      .prefault({})
      .meta({ description: "Network of each subnet tier; default: that tier's /18 of the VPC" }),
    nat: z
      .enum(['one', 'per-zone'])
      .optional()
      .meta({ description: 'One NAT gateway, or one in each zone; default: per-zone in production, else one' }),
    flow_logs: z
      .enum(['rejected', 'all', 'none'])
      .default('rejected')
      .meta({ description: 'Which traffic of the VPC is logged' }),
    retention_days: retention.prefault({}).meta({ description: 'How long evidence is kept, in days' }),
    domain: domainName.meta({ description: 'Domain that hosts are in' }),
    certificate: certificateArn.meta({
      description: 'ARN of the certificate of the HTTPS listeners; it must cover names in the domain',
    }),
    load_balancers: z
      .int()
      .min(1)
      .max(mostLoadBalancers)
      .default(1)
      .meta({ description: 'Number of load balancers; each has room for 100 rules, unless AWS raised the quota' }),
    builders: builders.prefault({}).meta({ description: 'How jobs reach the instances that bake images' }),
    alerts: z
      .array(z.email())
      .max(10)
      .refine(withoutRepeats, once)
      .default([])
      .meta({ description: "Mail addresses that are told of alarms, the tenants' too; each must confirm once" }),
    vending: z.enum(['people', 'jobs']).default('people').meta({
      description: 'Who vends tenants: people, or jobs of the branch in `project`, too, which have a role for it',
    }),
    images_from: z.enum(environments).optional().meta({
      description: 'Environment, in any account and region, whose images `release promote --image` may copy here',
    }),
    approval: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether each release waits for a manual approval in CodePipeline' }),
    costs: z.boolean().default(false).meta({
      description:
        "Whether `platform fleet` shows what tenants cost, by the account's bill: each request costs 0.01 USD, and the plan role may read the bill",
    }),
  })
  .meta({ description: 'One environment: its account, region, network and load balancers' });

const approvals = z.strictObject({
  project: projectPath.meta({ description: 'Path of the project; who may run its pipelines approves' }),
  branch: branchName.default('main').meta({ description: 'Branch of it whose jobs approve; a protected one' }),
});
export type Approvals = Readonly<z.output<typeof approvals>>;

const pipelines = z.strictObject({
  project: projectPath.meta({
    description: "Path of the project; whoever may write to it decides on pinned tenants' jobs",
  }),
  branch: branchName
    .default('main')
    .meta({ description: 'Branch of it that the pipelines are taken from; a protected one' }),
});
export type Pipelines = Readonly<z.output<typeof pipelines>>;
const webhook = z.strictObject({
  image: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\w./:@-]+$/, 'the address of an image, like registry.example.com/platform/vendhost:v1')
    .meta({ description: 'Runner image of this library, which CodeBuild runs' }),
  registry_secret: z
    .string()
    .regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/, 'the ARN of a secret')
    .optional()
    .meta({
      description:
        'Secret of Secrets Manager with username and password for the registry; without it the image is public, or in an ECR that lets CodeBuild pull',
    }),
});
export type WebhookConfig = Readonly<z.output<typeof webhook>>;

/** `platform.yml`: the environments of a platform. */
export const platformSchema = z
  .strictObject({
    name: platformName.meta({ description: 'Name of the platform' }),
    gitlab: gitlabAddress.meta({ description: 'Address of GitLab, like https://gitlab.example.com' }),
    issuer: z
      .string()
      .max(mostOfProvider)
      .regex(
        issuerForm,
        'a lower-case https address with a domain, without a port, a query, a fragment, /.well-known and a slash at the end',
      )
      .optional()
      .meta({
        description:
          "Issuer of the jobs' ID tokens where it is not the address of GitLab: its setting ci_id_tokens_issuer_url, letter by letter",
      }),
    audience: z
      .string()
      .min(1)
      .max(mostOfProvider)
      .optional()
      .meta({ description: "Audience of the jobs' ID tokens; default: the address of GitLab" }),
    project: projectPath.optional().meta({
      description: 'Path of the GitLab project this file is in; required for its pipelines to plan and deploy',
    }),
    library: projectPath.optional().meta({
      description: 'Path of the project of this library in GitLab; `tenant vend` checks that the tenants can use it',
    }),
    branch: branchName.default('main').meta({ description: 'Branch of that project whose pipelines may deploy' }),
    approvals: approvals.optional().meta({
      description:
        'Project of GitLab whose jobs approve releases, where an environment has `approval`; without it people do, in AWS',
    }),
    pipelines: pipelines.optional().meta({
      description:
        'Project of GitLab with the pipelines of the tenants that are `pinned`, one file for each project of theirs',
    }),
    webhook: webhook.optional().meta({
      description: 'How builds run of tenants with `intake: webhook`, whose projects have no runner; required for them',
    }),
    environments: z
      .partialRecord(z.enum(environments), environment)
      .refine((all) => Object.keys(all).length > 0, 'at least one environment')
      .meta({ description: 'Environments of the platform, by name' }),
  })
  .superRefine(
    (content, context) => {
      for (const { path, allowed } of crossFieldFaults(content)) {
        context.addIssue({ code: 'custom', path: [...path], message: allowed });
      }
    },
    // Faults of single keys must not hide faults between keys.
    { when: () => true },
  )
  .transform(({ environments: all, ...platform }) => {
    const gitlab = platform.gitlab.replace(/\/+$/, '');
    const filled = Object.entries(all).map(([name, config]) => [name, filledIn(name as Environment, config)]);
    return {
      ...platform,
      gitlab,
      issuer: platform.issuer ?? gitlab,
      audience: platform.audience ?? gitlab,
      environments: Object.fromEntries(filled) as Partial<Record<Environment, EnvironmentConfig>>,
    };
  });

/** Defaults that depend on other keys and on the environment. */
function filledIn(name: Environment, config: z.output<typeof environment>) {
  const plan = networkPlan(config);
  const subnets: NetworkChoice['subnets'] = {
    public: plan.public.supernet,
    egress: plan.egress.supernet,
    isolated: plan.isolated.supernet,
  };
  return {
    ...config,
    subnets,
    branch: config.branch ?? defaultBranches[name],
    nat: config.nat ?? (name === 'production' ? ('per-zone' as const) : ('one' as const)),
  };
}

export type PlatformConfig = z.output<typeof platformSchema>;
export type EnvironmentConfig = ReturnType<typeof filledIn>;

/** IAM names a provider and its condition keys after the issuer's address without the scheme. */
export function providerName({ issuer }: Pick<PlatformConfig, 'issuer'>): string {
  return issuer.replace(/^https?:\/\//, '');
}

/** The AWS partition: `aws`, `aws-cn` or `aws-us-gov`. */
export function partitionOf({ certificate }: Pick<EnvironmentConfig, 'certificate'>): string {
  return certificate.split(':')[1] ?? 'aws';
}
