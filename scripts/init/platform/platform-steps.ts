import type { PlatformStart } from './platform-answers.ts';

/** What comes after the files are written. */
export function platformSteps({ environments, tenant }: PlatformStart): string[] {
  const without = environments.filter(({ certificate }) => certificate === undefined);
  return [
    ...(without.length === 0
      ? []
      : [
          `request certificates for ${without.map(({ domain }) => domain).join(', ')}, and put their ARNs into platform.yml`,
        ]),
    'vendhost config check',
    'vendhost platform deploy --all --dry-run',
    ...(tenant === undefined ? ['add tenants/<name>.yml for the first tenant'] : []),
    'all steps are in docs/quick-start.md of Vendhost; later, docs/approvals.md has the project that approves releases, docs/day-two.md the page of all tenants',
  ];
}
