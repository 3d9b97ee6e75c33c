import { z } from 'zod';

import { builderAccess, environments } from './environment.ts';
import { type limits, subjectForms } from './tenant.ts';

const list = z.string().transform((text) => text.split(',').filter((item) => item !== ''));

/**
 * Versions of the facts and of a tenant's record. A new key needs no new version: readers ignore unknown keys, and do
 * without keys that older versions did not write. A version is raised when an older reader would fail, and that is a major version.
 */
export const factsVersion = 1;
export const recordVersion = 1;

/** The fact with the version of the facts; platforms of older versions publish none. */
export const versionFact = 'version';

/** Facts that each load balancer has; `names.balancerFact` numbers those of the second and further ones. */
export const balancerFacts = [
  'load-balancer-arn',
  'load-balancer-dns',
  'load-balancer-security-group-id',
  'listener-arn',
] as const;

/**
 * What the platform publishes for tenants: one SSM parameter per key, under `/vendhost/<environment>/`. Lists are
 * comma-separated (`StringList`). The facts of a load balancer are those of the one that serves the tenant.
 */
export const factsSchema = z.object({
  'vpc-id': z.string(),
  'vpc-cidr': z.string(),
  'public-cidr': z.string(),
  'egress-cidr': z.string(),
  'isolated-cidr': z.string(),
  'public-subnet-ids': list,
  'egress-subnet-ids': list,
  'isolated-subnet-ids': list,
  /** Name of the DB subnet group that every database of a tenant is in. */
  'database-subnet-group': z.string(),
  'load-balancer-arn': z.string(),
  'load-balancer-dns': z.string(),
  'load-balancer-security-group-id': z.string(),
  'listener-arn': z.string(),
  bucket: z.string(),
  'key-arn': z.string(),
  'boundary-arn': z.string(),
  'builder-instance-profile': z.string(),
  /** Whether a builder has a public address, and the networks that reach its port 22. */
  'builder-access': z.enum(builderAccess),
  'builder-sources': list,
  /** ARN of the topic that alarms write to. */
  'alerts-topic': z.string(),
  approval: z.enum(['true', 'false']).transform((text) => text === 'true'),
  domain: z.string(),
});

export type PlatformFacts = z.output<typeof factsSchema>;

/** Limits as any version wrote them: readers do not apply the rules for today's files. */
const recordedLimits = z.object({
  instance_types: z.array(z.string()),
  max_instances: z.int(),
  database_classes: z.array(z.string()),
  max_storage_gib: z.int(),
  image_owners: z.array(z.string()),
}) satisfies z.ZodType<z.output<typeof limits>>;

const recordedProject = {
  /** Path of the GitLab project. */
  project: z.string(),
  /** GitLab's number of it; absent until a vend had a token to read it. */
  projectId: z.int().optional(),
  /** What the roles know the project by; `project_path` where it is absent. */
  subjects: z.array(z.enum(subjectForms)).min(1).readonly().optional().catch(undefined),
  environmentProtected: z.boolean().optional(),
};

/**
 * What `tenant vend` records about a tenant in an environment, as JSON in one SSM parameter. Jobs read it with the version of
 * Vendhost they are pinned to: an unknown key is no fault.
 */
export const tenantRecordSchema = z.object({
  /** `recordVersion` of the writer; absent in records of older versions. */
  version: z.int().optional(),
  tenant: z.string(),
  ...recordedProject,
  branch: z.string(),
  /** The project with the software, if a tenant has two; `project` is then the one with infrastructure/. */
  software: z.object(recordedProject).optional(),
  hosts: z.array(z.string()),
  /** Number of the load balancer that serves the hosts, and that DNS should point to. */
  loadBalancer: z.int(),
  /** Others that instances are attached to as well, while the tenant moves; otherwise absent. */
  otherBalancers: z.array(z.int()).optional(),
  /** The one whose target group and rules have no number in their logical ids; absent when that is `loadBalancer`, and no other has any. */
  plainBalancer: z.int().optional(),
  /** Port the software listens on. */
  port: z.int(),
  /** The tenant's own bucket; absent in records of versions that made none. */
  bucket: z.string().optional(),
  /** Names of the log groups of the instances; absent in records of versions that made none. */
  logs: z.object({ hooks: z.string(), software: z.string() }).optional(),
  /** Name of the pipeline that releases the software. */
  pipeline: z.string(),
  /** Whether the pipeline has a manual approval; absent in records of older versions. */
  approval: z.boolean().optional(),
  /** The project and branch whose jobs approve; absent if there is none, and in records of older versions. */
  approvals: z.object({ project: z.string(), branch: z.string() }).optional(),
  /** Environment whose images the jobs may copy; absent where each bakes its own, and in records of older versions. */
  imagesFrom: z.enum(environments).optional().catch(undefined),
  limits: recordedLimits,
  roles: z.object({
    /** Of two projects, that of the one with infrastructure/. */
    deploy: z.string(),
    softwareDeploy: z.string().optional(),
    plan: z.string(),
    execution: z.string(),
    instance: z.string(),
    instanceProfile: z.string(),
    pipeline: z.string(),
    codedeploy: z.string(),
  }),
});

export type TenantRecord = z.output<typeof tenantRecordSchema>;

/** A record that an older version may have written, when rules, target group and pipeline were part of the virtual host. */
export const formerRecordSchema = tenantRecordSchema.partial({ port: true, pipeline: true });
export type FormerRecord = z.output<typeof formerRecordSchema>;

/** What a vend needs of the record it rewrites; everything else may be missing. */
export const vendedRecordSchema = formerRecordSchema
  .pick({
    project: true,
    projectId: true,
    subjects: true,
    environmentProtected: true,
    software: true,
    loadBalancer: true,
    otherBalancers: true,
    plainBalancer: true,
    port: true,
  })
  .extend({ hosts: tenantRecordSchema.shape.hosts.optional().catch(undefined) });
export type VendedRecord = z.output<typeof vendedRecordSchema>;

/** Where the file is on an instance. */
export const hostFile = '/etc/vendhost/host.json';

/** What the CloudWatch agent of an instance reads and where it sends it; user data writes it. */
export const logAgentFile = '/etc/vendhost/cloudwatch-agent.json';

/** Where an instance has the certificates that sign RDS's; `packer/base/database-ca.sh` puts them there. */
export const databaseCa = '/etc/vendhost/rds-ca.pem';

const hostDatabase = z.strictObject({
  secret: z.string().meta({ description: 'ARN of the secret with username and password' }),
  address: z.string().meta({ description: 'Host name of the database' }),
  port: z.int().meta({ description: 'Port of the database' }),
  schema: z.string().meta({ description: 'Name of the schema that was created with it' }),
  ca: z
    .string()
    .meta({ description: "File with the certificates that the database's is signed with; TLS is required" }),
});

/**
 * `/etc/vendhost/host.json` on every instance: what a tenant's software may rely on. Minor versions may add keys; only major ones
 * remove them or change their meaning.
 */
export const hostFileSchema = z.strictObject({
  tenant: z.string().meta({ description: 'Name of the tenant' }),
  environment: z.enum(environments).meta({ description: 'Environment of this instance' }),
  region: z.string().meta({ description: 'AWS region; an SDK must be given it' }),
  hosts: z.array(z.string()).meta({ description: 'DNS names that are routed here' }),
  port: z.int().min(1).max(65535).meta({ description: 'Port the software listens on' }),
  bucket: z.string().nullable().meta({
    description:
      "Bucket of the tenant's own in this environment; null for a tenant that was last vended before there was one",
  }),
  database: hostDatabase.nullable().meta({ description: 'MySQL database; null where there is none' }),
});

export type HostFile = z.output<typeof hostFileSchema>;
