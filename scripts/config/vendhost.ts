import { z } from 'zod';

import { databaseClass, instanceType } from './environment.ts';
import { mysqlWords } from './reading/mysql-words.ts';

const image = z.strictObject({
  source: z
    .strictObject({
      // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html, and the wildcards of a filter
      name: z
        .string()
        .min(1)
        .regex(/^[\w()[\] ./'@*?-]{0,128}$/, "at most 128 letters, digits, spaces and ()[]./-'@_, with * and ? for any")
        .default('debian-12-amd64-*')
        .meta({ description: 'Name of the source AMI, * allowed' }),
      owner: z
        .string()
        .regex(
          /^(\d{12}|amazon|aws-marketplace|self)$/,
          'a quoted 12-digit account number, amazon, aws-marketplace or self',
        )
        .default('136693071363')
        .meta({
          description:
            "Who publishes the source AMI: an account, amazon or aws-marketplace; self is the tenant's own images only. The default is Debian",
        }),
      user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user name, like admin')
        .default('admin')
        .meta({ description: 'SSH user of the source AMI' }),
    })
    .prefault({})
    .meta({ description: 'AMI the image is made from: the newest of this name and owner' }),
  builder_type: instanceType
    .default('t3.small')
    .meta({ description: 'Instance type the image is baked on; of the same architecture as instances.type' }),
  volume_gib: z.int().min(8).max(1024).default(16).meta({ description: 'Size of the root volume, in GiB' }),
});

const instances = z
  .strictObject({
    type: instanceType
      .default('t3.small')
      .meta({ description: 'EC2 instance type; the platform says which are allowed' }),
    min: z.int().min(0).max(100).optional().meta({
      description:
        'Minimum number of instances; default: 2 in production, else 1. A release takes one at a time out of service: if there is only one, the host answers 503 meanwhile',
    }),
    max: z.int().min(1).max(100).default(2).meta({ description: 'Maximum number of instances; at least min' }),
  })
  .refine(({ min = 0, max }) => min <= max, { path: ['min'], error: 'at most max' });

/** When RDS makes changes that may interrupt a database; UTC. */
export const maintenanceWindow = { rds: 'sun:02:30-sun:03:30', words: 'Sunday 02:30 to 03:30 UTC' } as const;

const ownDatabase = z
  .strictObject({
    class: databaseClass
      .default('db.t3.micro')
      .meta({ description: 'RDS instance class; the platform says which are allowed' }),
    storage_gib: z
      .int()
      .min(20)
      .max(65536)
      .default(20)
      .meta({ description: 'Storage of the database, in GiB; it grows only, by a tenth at least' }),
    max_storage_gib: z.int().min(20).max(65536).optional().meta({
      description:
        'RDS raises the storage up to this when it fills up, in GiB; the same as storage_gib: never. Default: twice storage_gib, as far as the platform grants it',
    }),
    apply: z
      .enum(['now', 'window'])
      .optional()
      .meta({
        description: `When a change of class or storage takes effect: now, or in the maintenance window, ${maintenanceWindow.words}; default: window in production, else now`,
      }),
    rotation: z.enum(['none', 'weekly']).default('none').meta({
      description:
        'Whether RDS changes the password of the administrator by itself, every seven days; the software then reads the secret again when a login is refused',
    }),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a letter, then lower-case letters, digits and underscores')
      .refine((name) => !mysqlWords.has(name), 'no word that MySQL reserves, and no schema of its own')
      .default('app')
      .meta({ description: 'Name of the schema created in the database' }),
  })
  .refine(
    ({ storage_gib, max_storage_gib }) =>
      max_storage_gib === undefined || max_storage_gib === storage_gib || max_storage_gib * 10 >= storage_gib * 11,
    {
      path: ['max_storage_gib'],
      // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
      error: 'storage_gib, or at least a tenth more',
    },
  );

const database = z.union([z.literal('none'), ownDatabase]);

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html */
function risesEach(codes: string): boolean {
  return codes.split(',').every((range) => {
    const [first = '', last = first] = range.split('-');
    return first <= last;
  });
}

const healthCheck = z.strictObject({
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
  path: z
    .string()
    .startsWith('/')
    .regex(/^[!-~]{0,1024}$/, 'at most 1024 characters of ASCII, without spaces: others as %20')
    .default('/')
    .meta({ description: 'Path the load balancer requests' }),
  status: z
    .string()
    .regex(/^[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*$/, 'HTTP codes from 200 to 499, like 200 or 200-299')
    .refine(risesEach, 'ranges that rise, like 200-299')
    .default('200')
    .meta({ description: 'HTTP codes of a healthy instance' }),
  grace_seconds: z
    .int()
    .min(0)
    .max(7200)
    .default(120)
    .meta({ description: 'Seconds a new instance has before its health counts' }),
});

/** Each is compared with the path of each file. */
const mostPatterns = 1000;

const revision = z.strictObject({
  directory: z
    .string()
    .min(1)
    .default('software')
    .meta({ description: 'Folder with appspec.yml; the root of the revision' }),
  include: z
    .array(z.string().min(1))
    .max(mostPatterns)
    .default(['**'])
    .meta({ description: 'Files of the revision; patterns as in .gitignore' }),
  ignore: z
    .array(z.string().min(1))
    .max(mostPatterns)
    .default([])
    .meta({ description: 'Files left out, besides .git; patterns as in .gitignore' }),
});

/** What the CloudWatch agent's globs support, and nothing that user data would have to quote. */
const logFile = z
  .string()
  .max(256)
  .regex(/^(\/[\w.@+*?-]+)+$/, 'an absolute path of letters, digits and . _ - @ +, with *, ** and ? for any')
  .refine((path) => !path.split('/').includes('..'), 'a path without ..');

const deploymentConfigs = [
  'CodeDeployDefault.AllAtOnce',
  'CodeDeployDefault.HalfAtATime',
  'CodeDeployDefault.OneAtATime',
] as const;

/** `vendhost.yml`: what a tenant chooses for its virtual host. Every key has a default; the file may be absent. */
export const vendhostSchema = z.strictObject({
  image: image.prefault({}).meta({ description: 'AMI of the instances, baked from infrastructure/' }),
  instances: instances.prefault({}).meta({ description: 'Instances of the Auto Scaling group' }),
  database: database
    .prefault({})
    .meta({ description: 'MySQL database on RDS, which costs money; `none` for a tenant without one' }),
  health_check: healthCheck.prefault({}).meta({ description: 'How the load balancer tells whether an instance works' }),
  revision: revision.prefault({}).meta({ description: 'The software, and which of its files are released' }),
  deployment_config: z
    .enum(deploymentConfigs)
    .default('CodeDeployDefault.OneAtATime')
    .meta({ description: 'How many instances are deployed to at a time' }),
  logs: z
    .array(logFile)
    .max(20)
    .refine((paths) => new Set(paths).size === paths.length, 'each path once')
    .default([])
    .meta({
      description:
        'Log files of the software on an instance, like /var/log/shop/*.log; `vendhost host logs` shows them, of instances that are gone too',
    }),
});

export type VendhostConfig = z.output<typeof vendhostSchema>;

export type Architecture = 'x86_64' | 'arm64';

/**
 * Graviton types have a g after the generation's digit, t4g or im4gn; the first were a1
 * (https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html).
 */
export function architectureOf(instanceType: string): Architecture {
  const family = instanceType.split('.')[0] ?? '';
  return family === 'a1' || /^[a-z]+\d+[a-z]*g/.test(family) ? 'arm64' : 'x86_64';
}

/** Minimum number of instances in an environment: in production two unless the tenant chooses otherwise, so that one serves during a release. */
export function minInstances({ min, max }: VendhostConfig['instances'], environment: string): number {
  return min ?? Math.min(environment === 'production' ? 2 : 1, max);
}

/** When changes of the database that may interrupt it take effect. */
export function applyChanges({ apply }: z.output<typeof ownDatabase>, environment: string): 'now' | 'window' {
  return apply ?? (environment === 'production' ? 'window' : 'now');
}

/** Up to how many GiB RDS raises the storage by itself; `undefined` when it does not. */
export function autoscaledStorage(
  { storage_gib: storage, max_storage_gib: most }: z.output<typeof ownDatabase>,
  granted: number,
): number | undefined {
  const limit = most ?? Math.min(2 * storage, granted);
  return limit * 10 >= storage * 11 ? limit : undefined;
}

/** Whether the builder's image runs on the instances: both must have the same architecture. */
export function canBakeFor({ image, instances }: Pick<VendhostConfig, 'image' | 'instances'>): boolean {
  return architectureOf(image.builder_type) === architectureOf(instances.type);
}
