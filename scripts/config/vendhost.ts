import { z } from 'zod';

const image = z.strictObject({
  source: z
    .strictObject({
      name: z.string().min(1).default('debian-12-amd64-*').meta({ description: 'Name of the source AMI, * allowed' }),
      owner: z
        .string()
        .regex(
          /^(\d{12}|amazon|aws-marketplace|self)$/,
          'a quoted 12-digit account number, amazon, aws-marketplace or self',
        )
        .default('136693071363')
        .meta({ description: 'Account that publishes the source AMI; the default is Debian' }),
      user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]*$/)
        .default('admin')
        .meta({ description: 'SSH user of the source AMI' }),
    })
    .prefault({}),
  builder_type: z
    .string()
    .regex(/^[a-z0-9-]+\.[a-z0-9]+$/, 'an EC2 instance type, like t3.small')
    .default('t3.small')
    .meta({ description: 'Instance type the image is baked on' }),
  volume_gib: z.int().min(8).max(1024).default(16).meta({ description: 'Size of the root volume, in GiB' }),
});

const instances = z
  .strictObject({
    type: z
      .string()
      .regex(/^[a-z0-9-]+\.[a-z0-9]+$/, 'an EC2 instance type, like t3.small')
      .default('t3.small'),
    min: z.int().min(0).max(100).default(1),
    max: z.int().min(1).max(100).default(2),
  })
  .refine((range) => range.min <= range.max, { path: ['min'], error: 'at most max' });

const database = z.union([
  z.literal('none'),
  z.strictObject({
    class: z
      .string()
      .regex(/^db\.[a-z0-9-]+\.[a-z0-9]+$/, 'an RDS instance class, like db.t3.micro')
      .default('db.t3.micro'),
    storage_gib: z.int().min(20).max(65536).default(20),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a letter, then lower-case letters, digits and underscores')
      .default('app')
      .meta({ description: 'Name of the schema made in the database' }),
  }),
]);

const healthCheck = z.strictObject({
  path: z.string().startsWith('/').default('/'),
  port: z.int().min(1).max(65535).default(8080).meta({ description: 'Port the software listens on' }),
  status: z
    .string()
    .regex(/^\d{3}([-,]\d{3})*$/, 'HTTP codes, like 200 or 200-299')
    .default('200'),
  grace_seconds: z.int().min(0).max(7200).default(120),
});

const revision = z.strictObject({
  directory: z
    .string()
    .min(1)
    .default('software')
    .meta({ description: 'Folder with appspec.yml; the root of the revision' }),
  include: z.array(z.string().min(1)).default(['**']),
  ignore: z.array(z.string().min(1)).default([]),
});

const deploymentConfigs = [
  'CodeDeployDefault.AllAtOnce',
  'CodeDeployDefault.HalfAtATime',
  'CodeDeployDefault.OneAtATime',
] as const;

/** `vendhost.yml`: what a tenant chooses for its virtual host. Every key has a default; the file may be absent. */
export const vendhostSchema = z.strictObject({
  image: image.prefault({}),
  instances: instances.prefault({}),
  database: database.prefault({}).meta({ description: 'MySQL database, or none' }),
  health_check: healthCheck.prefault({}),
  revision: revision.prefault({}),
  deployment_config: z.enum(deploymentConfigs).default('CodeDeployDefault.OneAtATime'),
});

export type VendhostConfig = z.output<typeof vendhostSchema>;
