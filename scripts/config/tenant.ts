import { z } from 'zod';
import { branchName, environments, hostName, mostLoadBalancers, projectPath } from './environment.ts';
import { subjectForms } from './subject.ts';

export const limits = z.strictObject({
  instance_types: z
    .array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/, 'an EC2 instance type, like t3.small'))
    .min(1)
    .default(['t3.micro', 't3.small', 't3.medium'])
    .meta({ description: 'Instance types the tenant may choose from' }),
  max_instances: z.int().min(1).max(100).default(4).meta({ description: 'Maximum number of instances' }),
  database_classes: z
    .array(z.string().regex(/^db\.[a-z0-9-]+\.[a-z0-9]+$/, 'an RDS instance class, like db.t3.micro'))
    .default(['db.t3.micro', 'db.t3.small', 'db.t4g.micro', 'db.t4g.small'])
    .meta({ description: 'Database classes the tenant may choose from' }),
  max_storage_gib: z
    .int()
    .min(20)
    .max(65536)
    .default(100)
    .meta({ description: 'Maximum storage of the database, in GiB' }),
});

/** `tenants/<name>.yml`: what the platform grants a tenant. The tenant's name is the file's. */
export const tenantSchema = z.strictObject({
  project: projectPath.meta({ description: "Path of the tenant's GitLab project" }),
  hosts: z
    .partialRecord(z.enum(environments), z.array(hostName).min(1).max(5))
    .refine((all) => Object.keys(all).length > 0, 'hosts in at least one environment')
    .meta({ description: 'Host names of the tenant in each environment' }),
  branches: z
    .partialRecord(z.enum(environments), branchName)
    .default({})
    .meta({ description: 'Branches of the project for environments where they are not those of platform.yml' }),
  subject: z.enum(subjectForms).optional().meta({
    description:
      "What the roles know the project by in its jobs' ID tokens; without it, project_id if GitLab is 19.1 or newer",
  }),
  load_balancer: z
    .int()
    .min(1)
    .max(mostLoadBalancers)
    .default(1)
    .meta({ description: "Number of the load balancer that serves the tenant's hosts" }),
  limits: limits.prefault({}).meta({ description: 'What the tenant may choose in its vendhost.yml' }),
});

export type TenantConfig = z.output<typeof tenantSchema>;
export type TenantLimits = z.output<typeof limits>;
