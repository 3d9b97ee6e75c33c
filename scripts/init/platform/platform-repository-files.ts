import { defaultBranches } from '../../config/environment.ts';
import { includeText } from '../include-text.ts';
import type { StartingFile } from '../starting-files.ts';
import { yamlText } from '../yaml-text.ts';
import { environmentText } from './environment-text.ts';
import type { PlatformStart } from './platform-answers.ts';
import { platformReadme } from './platform-readme.ts';

/** The files of a platform's repository. */
export function platformFiles(start: PlatformStart, version: string): StartingFile[] {
  const { tenant } = start;
  return [
    { path: 'platform.yml', text: platformFile(start) },
    ...(tenant === undefined ? [] : [{ path: `tenants/${tenant.name}.yml`, text: tenantFile(start, tenant) }]),
    { path: '.gitlab-ci.yml', text: pipelineFile(start, version) },
    { path: 'README.md', text: platformReadme(start) },
  ];
}

function platformFile(start: PlatformStart): string {
  const { name, gitlab, project, library, environments } = start;
  return `# The environments of this platform. \`vendhost config check\` finds what is wrong here, \`vendhost config show\` prints every key
# with its value; all keys are in docs/configuration.md of Vendhost.
name: ${yamlText(name)}

# The address at which AWS reads the keys of its ID tokens, letter by letter as GitLab writes it (external_url). If AWS cannot
# reach it from the internet, \`issuer\` says where the keys are published: docs/gitlab.md of Vendhost.
gitlab: ${gitlab}
# issuer: https://example-bucket.s3.eu-west-1.amazonaws.com

# The project of this file: pipelines of its branch may deploy, all its pipelines may plan. Protect the branch.
project: ${project}
branch: main

# The project that tenants include; vending looks whether they can use it.
library: ${library}

environments:
${environments.map((each, at) => environmentText(start, each, at === 0)).join('\n')}`;
}

function tenantFile({ environments }: PlatformStart, { name, project }: { name: string; project: string }): string {
  const hosts = environments.map((each) => `  ${each.name}: [${name}.${each.domain}]`);
  return `# What the platform grants the tenant ${name}: the name is the file's. After each change: vendhost tenant vend ${name}
project: ${project}

# Each lies in the domain of its environment, and belongs to one tenant.
hosts:
${hosts.join('\n')}

# The port its software listens on.
port: 8080

# What it may choose in its vendhost.yml; these are the defaults.
limits:
  instance_types: [t3.micro, t3.small, t3.medium]
  max_instances: 4
  database_classes: [db.t3.micro, db.t3.small, db.t4g.micro, db.t4g.small]
  max_storage_gib: 100
`;
}

function pipelineFile({ library, tags, environments }: PlatformStart, version: string): string {
  const names = environments.map(({ name }) => name);
  const isAll = names.length === Object.keys(defaultBranches).length;
  const include = (template: string, inputs: readonly string[]) =>
    includeText({ library, template, version, tags, inputs });
  return `# Merge requests show what would change; after a merge the first environment is deployed, the others when somebody starts their
# jobs. A schedule checks for drift. Jobs, rules and inputs: docs/templates.md of Vendhost.
include:
${include('platform', isAll ? [] : [`environments: ${names.join(' ')}`, `automatic: ${names[0]}`])}
${include('drift-check', isAll ? [] : [`environments: [${names.join(', ')}]`])}
`;
}
