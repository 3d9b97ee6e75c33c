import { z } from 'zod';
import {
  branchName,
  databaseClass,
  type Environment,
  environments,
  hostName,
  instanceType,
  mostLoadBalancers,
  portNumber,
  projectPath,
} from './environment.ts';

/**
 * What the claim `sub` of a project's ID tokens starts with. AWS knows no other GitLab claim that distinguishes projects
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
 */
export const subjectForms = ['project_path', 'project_id'] as const;
export type SubjectForm = (typeof subjectForms)[number];

/**
 * The components of each form, as in the projects API's `ci_id_token_sub_claim_components`
 * (https://docs.gitlab.com/api/projects/#edit-a-project). The first is GitLab's default.
 */
export const subjectComponents: Readonly<Record<SubjectForm, readonly string[]>> = {
  project_path: ['project_path', 'ref_type', 'ref'],
  project_id: ['project_id', 'ref_type', 'ref', 'ref_protected', 'environment_protected'],
};

const defaultPort = 8080;

/** They are conditions in the tenant's roles, whose size IAM limits. */
const mostChoices = 8;

/**
 * How software arrives in addition to the jobs of the tenant's project: `s3` is a zip that somebody writes, `webhook` a push that GitLab reports, for
 * a project without a runner.
 */
export const intakes = ['s3', 'webhook'] as const;
export type Intake = (typeof intakes)[number];

export const limits = z.strictObject({
  instance_types: z
    .array(instanceType)
    .min(1)
    .max(mostChoices)
    .default(['t3.micro', 't3.small', 't3.medium'])
    .meta({ description: 'Instance types the tenant may choose from' }),
  max_instances: z.int().min(1).max(100).default(4).meta({ description: 'Maximum number of instances' }),
  database_classes: z
    .array(databaseClass)
    .max(mostChoices)
    .default(['db.t3.micro', 'db.t3.small', 'db.t4g.micro', 'db.t4g.small'])
    .meta({ description: 'Database classes the tenant may choose from' }),
  max_storage_gib: z
    .int()
    .min(20)
    .max(65536)
    .default(100)
    .meta({ description: 'Maximum storage of the database, in GiB' }),
  image_owners: z
    .array(
      z
        .string()
        .regex(/^(\d{12}|amazon|aws-marketplace)$/, 'a quoted 12-digit account number, amazon or aws-marketplace'),
    )
    .min(1)
    .max(mostChoices)
    .default(['136693071363', '099720109477', 'amazon'])
    .meta({
      description:
        'Publishers of source AMIs the tenant may choose from, besides its own; the default is Debian, Ubuntu and Amazon',
    }),
});

/** The halves of a tenant that has a project for each: `infrastructure/` in one, the software in the other. */
export const halves = ['infrastructure', 'software'] as const;
export type Half = (typeof halves)[number];

const projects = z.strictObject({
  infrastructure: projectPath.meta({
    description: 'Path of the project with infrastructure/: its jobs bake and provision',
  }),
  software: projectPath.meta({ description: 'Path of the project with the software: its jobs push and release' }),
});
/** Most characters of a load balancer's page (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html). */
const mostPageCharacters = 1024;

export const maintenancePage = z
  .string()
  .min(1)
  .refine((page) => Buffer.byteLength(page) <= mostPageCharacters, `at most ${mostPageCharacters} bytes`)
  .meta({ description: 'The page, at most 1024 bytes: HTML if it begins with <, else plain text' });

/**
 * Systems Manager would read {{ as the name of a value (https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html). One byte is
 * reserved for the line feed that vending adds.
 */
const switchPage = maintenancePage
  .refine((page) => !page.includes('{{'), 'a page without {{')
  .refine((page) => Buffer.byteLength(page.trimEnd()) < mostPageCharacters, `at most ${mostPageCharacters - 1} bytes`)
  .meta({ description: 'The page, at most 1023 bytes: HTML if it begins with <, else plain text' });

/** `tenants/<name>.yml`: what the platform grants a tenant. The tenant's name is the file's. */
const tenantKeys = z.strictObject({
  project: projectPath
    .optional()
    .meta({ description: "Path of the tenant's GitLab project; required, unless there is `projects`" }),
  projects: projects.optional().meta({
    description: 'Instead of `project`: one project for each half, each trusted for its half only',
  }),
  pinned: z.boolean().default(false).meta({
    description:
      "Whether the pipelines of the tenant's project are the file that the platform keeps for it in `pipelines` of platform.yml, and not its own .gitlab-ci.yml",
  }),
  hosts: z
    .partialRecord(z.enum(environments), z.array(hostName).min(1).max(5))
    .refine((all) => Object.keys(all).length > 0, 'hosts in at least one environment')
    .meta({ description: 'Host names of the tenant in each environment' }),
  branches: z
    .partialRecord(z.enum(environments), branchName)
    .default({})
    .meta({ description: 'Branches of the project for environments where they are not those of platform.yml' }),
  environment_prefix: z
    .string()
    // GitLab's names of environments have at most 255 characters (`app/models/environment.rb`).
    .max(200)
    .regex(/^([a-z0-9-]+\/)?$/, 'lower-case letters, digits and hyphens with a slash at the end, like blog/')
    .default('')
    .meta({
      description:
        'Prefix of the environments in GitLab, as the input of that name; tells tenants of one project apart',
    }),
  subject: z.enum(subjectForms).optional().meta({
    description:
      "What the roles know the project by in its jobs' ID tokens; without it, project_id if GitLab is 19.1 or newer",
  }),
  port: z
    .union([portNumber, z.partialRecord(z.enum(environments), portNumber)])
    .default(defaultPort)
    .meta({
      description: 'Port the software listens on: one for all environments, or one for each; 8080 for those left out',
    }),
  load_balancer: z
    .int()
    .min(1)
    .max(mostLoadBalancers)
    .default(1)
    .meta({ description: "Number of the load balancer that serves the tenant's hosts" }),
  intake: z.enum(intakes).optional().meta({
    description:
      "What starts releases besides the project's jobs: s3 is a .zip written below software/<tenant>/intake/ of the environment's bucket; webhook, for a project without a runner, is each push to its branches, built by CodeBuild",
  }),
  maintenance: z
    .partialRecord(z.enum(environments), maintenancePage)
    .default({})
    .meta({ description: 'Environments in maintenance, each with the page that answers instead of the instances' }),
  maintenance_switch: z.partialRecord(z.enum(environments), switchPage).default({}).meta({
    description:
      "Environments whose maintenance the tenant's jobs may switch on and off, each with the page that answers then",
  }),
  limits: limits.prefault({}).meta({ description: 'What the tenant may choose in its vendhost.yml' }),
});

export const tenantSchema = tenantKeys.superRefine(
  ({ project, projects }, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (project === undefined && projects === undefined) {
      fault(['project'], "the path of the tenant's GitLab project, or projects with one path for each half");
    }
    if (project !== undefined && projects !== undefined) fault(['project'], 'left out where there is projects');
    const paths = [projects?.infrastructure, projects?.software].filter((path) => typeof path === 'string');
    if (paths.length === 2 && samePath(paths[0] ?? '', paths[1] ?? '')) {
      fault(['projects', 'software'], 'another project than that of infrastructure; with one project, use project');
    }
  },
  // Faults of single keys must not hide those between keys.
  { when: ({ value }) => typeof value === 'object' && value !== null },
);

export type TenantConfig = z.output<typeof tenantSchema>;
export type TenantLimits = z.output<typeof limits>;

/** A GitLab project of a tenant. */
export interface TenantProject {
  readonly path: string;
  /** What its jobs are trusted for; `undefined` for a tenant's only project: for all of it. */
  readonly half: Half | undefined;
}

/** The tenant's project, or its two. */
export function projectsOf({
  project,
  projects: two,
}: Pick<TenantConfig, 'project' | 'projects'>): [TenantProject, ...TenantProject[]] {
  if (two !== undefined) {
    return [
      { path: two.infrastructure, half: 'infrastructure' },
      { path: two.software, half: 'software' },
    ];
  }
  return [{ path: project ?? '', half: undefined }];
}

/** GitLab ignores the case of paths. */
export function samePath(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The port a tenant's software listens on in an environment. */
export function portIn({ port }: Pick<TenantConfig, 'port'>, environment: Environment): number {
  return typeof port === 'number' ? port : (port[environment] ?? defaultPort);
}

/** Which ID tokens of a tenant's project the roles of one environment trust. */
export interface SubjectTrust {
  /** Two while the project changes from one to the other. */
  readonly subjects: readonly SubjectForm[];
  /** GitLab's number of the project; needed by the form `project_id`. */
  readonly projectId?: number | undefined;
  /** Whether only jobs of the protected environment may assume the deploy role; the form `project_path` cannot require that. */
  readonly environmentProtected?: boolean | undefined;
}

/** The form that a project's components have; `undefined` when somebody chose others. */
export function subjectFormOf(components: readonly string[]): SubjectForm | undefined {
  return subjectForms.find((form) => subjectComponents[form].join() === components.join());
}
