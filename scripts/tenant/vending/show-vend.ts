import { callText } from '../../gitlab/http/planned-call.ts';
import { projectDiffers, projectLines } from '../project-plan.ts';
import { ownChanges, type PlannedProjects } from '../projects/tenant-projects.ts';
import { plannedCalls } from '../setup/plan-calls.ts';
import { differs, type VendPlan, vendLines, withPlan } from '../vend-plan.ts';
import type { OpenedVend } from './open-vend.ts';
import type { Vended } from './vend-options.ts';

/** What would be done; what prevents it is in the plan. */
export async function showVend(tenant: string, { planned, vendingsOf }: OpenedVend): Promise<Vended> {
  const plans: VendPlan[] = [];
  for (const vending of vendingsOf(planned)) plans.push(await withPlan(vending, async ({ plan }) => plan));
  const changes = planned.some(({ plan }) => projectDiffers(plan)) || plans.some(differs);
  const lines = plans.flatMap((plan) => [
    `${tenant} in ${plan.environment}`,
    ...vendLines(plan, planned.length).map((line) => `  ${line}`),
  ]);
  const variables = plans.flatMap((plan) => plan.variables ?? []);
  const calls = planned.flatMap(({ path, plan }) => plannedCalls(plan, ownChanges(variables, path)));
  const called = calls.length === 0 ? [] : ['calls to GitLab', ...calls.map((call) => `  ${callText(call)}`)];
  return {
    value: { tenant, differs: changes, ...projectsResult(planned), environments: plans, calls },
    text: [...planned.flatMap(({ plan }) => projectLines(plan)), ...lines, ...called].join('\n'),
    stops: stopsOf(planned),
    differs: changes,
  };
}

/** What prevents vending in any of the projects. */
export function stopsOf(planned: PlannedProjects): Vended['stops'] {
  const path = planned.map(({ plan }) => plan.path).join(' and ');
  return { path, refusals: planned.flatMap(({ plan }) => plan.refusals) };
}

/** A tenant's only project, or the two by their halves. */
export function projectsResult([first, second]: PlannedProjects) {
  if (second === undefined) return { project: first.plan };
  return { projects: { infrastructure: first.plan, software: second.plan } };
}
