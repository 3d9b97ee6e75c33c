import { z } from 'zod';

export const environments = ['dev', 'staging', 'production'] as const;
export type Environment = (typeof environments)[number];

/** The branch whose pushes reach an environment, unless `platform.yml` names another. */
export const defaultBranches: Readonly<Record<Environment, string>> = {
  dev: 'dev',
  staging: 'staging',
  production: 'master',
};

/** How the runners reach an instance that bakes an image: by its address in the VPC, or by a public one. */
export const builderAccess = ['private', 'public'] as const;

/** Most load balancers of an environment; the permissions of the platform's roles cover as many (`PlatformScope`). */
export const mostLoadBalancers = 10;

export const tenantName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{1,18}[a-z0-9]$/,
    '3 to 20 lower-case letters, digits and hyphens; a letter first, no hyphen last',
  )
  // RDS refuses them in identifiers, and the names of target groups rely on it.
  .regex(/^(?!.*--)/, 'without two hyphens in a row')
  // Names of the platform's own stacks and roles, whose permissions are granted by name.
  .regex(
    /^(?!(access|alerts|balancer|boundary|builder|network|policies|service-boundary|storage|switch-boundary|tenant-drift|tenant-promoted|tenant-promoting|undelivered|vending)(-|$))/,
    'not a name reserved for the platform',
  )
  // CloudFormation names resources after stacks: those of `shop-data` would look like resources of the data stack of `shop`.
  .regex(/^(?!.*-(access|entry|data|host)(-|$))/, 'without -access, -entry, -data or -host in it');

/**
 * `group/project`, as in GitLab's addresses; no part starts with a hyphen, or ends like a file or with a dot
 * (https://docs.gitlab.com/user/reserved_names/).
 */
export const projectPath = z
  .string()
  .regex(
    /^(?!-)[\w.-]*[\w-](?<!\.(git|atom))(\/(?!-)[\w.-]*[\w-](?<!\.(git|atom)))+$/,
    'the path of a GitLab project, like acme/shop',
  );

/** https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html; new families need no new version of this. */
export const instanceType = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]*\d[a-z0-9-]*\.(nano|micro|small|medium|(\d{0,3}x)?large|metal(-\d{1,3}xl)?)$/,
    'an EC2 instance type, like t3.small',
  );

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html */
export const databaseClass = z
  .string()
  .regex(
    /^db\.[a-z][a-z0-9-]*\d[a-z0-9-]*\.(micro|small|medium|(\d{0,3}x)?large)$/,
    'an RDS instance class, like db.t3.micro',
  );

/** A branch name without characters that a pattern of IAM or GitLab would interpret. */
export const branchName = z
  .string()
  .regex(/^(?![-/])[\w./-]{1,200}(?<![./])$/, 'the name of a branch, like dev or release/dev');

/** A port that software can listen on. */
export const portNumber = z.int().min(1).max(65535);

/** The labels of a DNS name, as a pattern; the last one may be an international one, in ASCII. */
const dnsLabels = '([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])';

/** The domain of an environment: its hosts have at most as many characters. */
export const domainName = z
  .string()
  .max(128)
  .regex(new RegExp(`^${dnsLabels}$`), 'a lower-case domain, like dev.example.com, in ASCII (xn--…)');

/** A DNS name, or one with a wildcard as its first label; at most 128 characters, the limit of a listener rule. */
export const hostName = z
  .string()
  .max(128)
  .regex(new RegExp(`^(\\*\\.)?${dnsLabels}$`), 'a lower-case DNS name, like shop.example.com, in ASCII (xn--…)');
