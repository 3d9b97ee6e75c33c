import type { PlatformStart } from './platform-answers.ts';

/** What a first-time reader of the repository needs to know. */
export function platformReadme({ name, project, tenant }: PlatformStart): string {
  const shown = tenant?.name ?? 'shop';
  return `# The platform ${name}

Shared AWS environments for tenants' virtual hosts, by Vendhost. This is the project \`${project}\`.

| file | says |
|---|---|
| \`platform.yml\` | the environments: account, region, network, domain, certificate |
| \`tenants/<name>.yml\` | what each tenant gets: its GitLab project, its hosts in each environment and the limits of what it may choose |
| \`.gitlab-ci.yml\` | the pipeline: plans in merge requests, deployments after the merge, drift checks in a schedule |

## The first time, by hand

Every step, with what GitLab and AWS need before, is in \`docs/quick-start.md\` of Vendhost. In short, with an administrator's credentials:

\`\`\`sh
vendhost config check
vendhost platform deploy --all --dry-run   # exits with 2: there is something to deploy
vendhost platform deploy --all
vendhost platform status --all             # the DNS records to create
vendhost tenant vend ${shown} --protect-branches
\`\`\`

## From then on

- Change files in a merge request: its pipeline says what would change in each environment. A merge deploys the first environment; somebody
  starts the jobs of the others.
- A new or changed file in \`tenants/\`: an administrator vends the tenant again. No pipeline may, because vending creates roles.
- Roles of the platform itself change by hand only: \`vendhost platform deploy --all --layer access\`.
`;
}
