import { defaultBranches } from '../../config/environment.ts';
import type { Half } from '../../config/tenant.ts';
import { includeText } from '../include-text.ts';
import type { StartingFile } from '../starting-files.ts';
import { yamlText } from '../yaml-text.ts';
import { machineFiles } from './machine-files.ts';

/** Somebody's answers about a tenant. */
export interface TenantStart {
  readonly tenant: string;
  readonly library: string;
  readonly hasDatabase: boolean;
  readonly tags: readonly string[];
  readonly productionBranch: string;
  /** The repository's half, if the tenant has one for each. */
  readonly half?: Half | undefined;
  /** Further inputs of the pipeline, each a line. */
  readonly inputs?: readonly string[];
  /** Inputs of a scheduled drift check, if there is one. */
  readonly check?: readonly string[];
  /** The project has no runner: the platform's webhook reports pushes, and there is no pipeline file. */
  readonly isReported?: boolean;
}

/** The files of a tenant's repository: a page on nginx, until there is software. */
export function tenantFiles(start: TenantStart, version: string): StartingFile[] {
  const { half, isReported = false } = start;
  const machine = machineFiles(start.tenant).filter(({ path }) => half === undefined || path.startsWith(`${half}/`));
  return [
    ...(isReported ? [] : [{ path: '.gitlab-ci.yml', text: pipelineFile(start, version) }]),
    ...(half === 'software' ? [] : [{ path: 'vendhost.yml', text: vendhostFile(start) }]),
    ...machine,
  ];
}

function pipelineFile(start: TenantStart, version: string): string {
  const { tenant, library, tags, productionBranch, check, half } = start;
  const isDefault = productionBranch === defaultBranches.production;
  const inputs = [
    `tenant: ${yamlText(tenant)}`,
    ...(isDefault ? [] : [`production_branch: ${yamlText(productionBranch)}`]),
    ...(start.inputs ?? []),
  ];
  const included = [
    includeText({ library, template: half ?? 'tenant', version, tags, inputs }),
    ...(check === undefined ? [] : [includeText({ library, template: 'drift-check', version, tags, inputs: check })]),
  ];
  const deployed = { both: 'machine and software', infrastructure: 'the machine', software: 'the software' }[
    half ?? 'both'
  ];
  return `# A push to dev, staging or ${productionBranch} deploys ${deployed} to that environment; a merge request says what its push will do.
# Jobs, rules and inputs: docs/templates.md of Vendhost. Is a job missing? \`vendhost ci explain --branch dev\` says why.
# Restart, roll back, logs: the template operations. Patches and prunes by a schedule: upkeep. Both are in docs/day-two.md of Vendhost.
include:
${included.join('\n')}
`;
}

/** Used if there is no pipeline file to say it. */
function reportedText({ productionBranch }: TenantStart): string {
  return `# A push to dev, staging or ${productionBranch} deploys machine and software to that environment: GitLab reports it to the platform, whose builds
# bake, provision and release it. No job shows that: docs/webhook.md of Vendhost says where the logs are. There is no .gitlab-ci.yml.
`;
}

function vendhostFile(start: TenantStart): string {
  const { hasDatabase, isReported = false } = start;
  const database = hasDatabase
    ? `# MySQL on RDS, which costs money as long as it exists. The software reads its secret: docs/software.md of Vendhost.
database:
  class: db.t3.micro
  storage_gib: 20
  name: app`
    : `# For MySQL on RDS, which costs money as long as it exists, a mapping instead: docs/software.md of Vendhost.
#   database: {class: db.t3.micro, storage_gib: 20, name: app}
database: none`;
  return `${isReported ? reportedText(start) : ''}# What this tenant chooses for its virtual hosts. Every key has a default, which \`vendhost config show\` prints; all keys are in
# docs/configuration.md of Vendhost. The platform grants what may be chosen.
instances:
  type: t3.small
  # min: 2 in production, else 1: then the host answers 503 while a release has the only instance.
  max: 2

${database}

# How the load balancer finds out whether an instance works.
health_check:
  path: /health
  grace_seconds: 120

# How many instances a release takes out of service at a time.
deployment_config: CodeDeployDefault.OneAtATime
`;
}
