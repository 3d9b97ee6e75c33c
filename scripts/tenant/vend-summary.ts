import type { ProjectVariable } from '../gitlab/variables.ts';
import type { VendResult } from './apply-vend.ts';
import { moveLines } from './traffic/move-lines.ts';
import { projectVariables, type Vending } from './vend-plan.ts';

/** What was vended, and what people do next. */
export function vendSummary(vendings: readonly Vending[], results: readonly VendResult[]): string[] {
  const lines = results.map(
    ({ environment, hosts, priorities, changed }) =>
      `${environment}: ${changed ? 'vended' : 'no change'}, ${hosts.join(', ')} (listener priority ${Object.values(priorities).join(', ')})`,
  );
  const { gitlab, tenant, projects } = vendings[0] as Vending;
  for (const [index, { place, chosen }] of vendings.entries()) {
    const { balancer } = results[index] ?? {};
    if (balancer !== undefined) lines.push(...moveLines(place, chosen.hosts, balancer));
  }
  if (gitlab !== undefined) {
    const paths = projects.map(({ path }) => path).join(' and ');
    const who =
      tenant.intake === 'webhook' ? 'GitLab reports it, and CodeBuild releases it' : 'its jobs have what they need';
    return [...lines, `next: push to ${branches(vendings)} of ${paths}; ${who}`];
  }
  return [
    ...lines,
    ...projects.flatMap(({ path, half }) => [
      `next: set these variables in ${path} (Settings > CI/CD), or set VENDHOST_GITLAB_TOKEN and run this again:`,
      ...vendings.flatMap(({ place, chosen }) => projectVariables(place, chosen, tenant, half)).map(variableLine),
    ]),
  ];
}

function variableLine({ key, value, scope }: ProjectVariable): string {
  return `  ${key}=${value}  (environment ${scope})`;
}

function branches(vendings: readonly Vending[]): string {
  return vendings.map(({ chosen }) => chosen.config.branch).join(', ');
}
