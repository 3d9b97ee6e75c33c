import type { ResourceDifference, TemplateDiff } from '@aws-cdk/cloudformation-diff';
import { parse } from 'yaml';
import type { Aws } from '../aws/session.ts';
import { type Assembly, chosenStacks, type Template } from './assembly.ts';
import type { Grant, Opening, PlanDetails } from './details/plan-details.ts';
import type { PropertyChange } from './details/property-changes.ts';
import { isAbsent, neverWorks, readStack, type StackState } from './stack-state.ts';

export interface Change {
  readonly logicalId: string;
  readonly type: string;
  readonly action: 'create' | 'update' | 'delete';
  /** The resource is replaced, or may be; the data in it would be lost. */
  readonly replacement?: 'yes' | 'maybe';
  /** What an update changes in it, if the plan has details. */
  readonly values?: readonly PropertyChange[];
}

/** What a deploy would do to one stack. */
export interface StackPlan {
  readonly stack: string;
  readonly action: 'create' | 'update' | 'none';
  readonly changes: readonly Change[];
  /** Rights and network that become wider, if the plan has details. */
  readonly grants?: readonly Grant[];
  readonly openings?: readonly Opening[];
}

export interface PlanOptions {
  /** With old and new values, and what becomes wider. */
  readonly details?: boolean;
  /** Names of the stacks; all of the app without it. */
  readonly stacks?: readonly string[];
  /** Parameter values by stack name; parameters without a value keep the one they have. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Compares templates and parameters with what is deployed. It only reads (no change set is made), so the read-only
 * role may plan; the price is that a replacement that depends on a value is reported as `maybe`. Pass `states` that were
 * read already to save the calls.
 */
export async function planStacks(
  assembly: Assembly,
  { stacks, parameters, details = false }: PlanOptions = {},
  states?: ReadonlyMap<string, StackState>,
): Promise<StackPlan[]> {
  const [{ fullDiff }, { planDetails }] = await Promise.all([
    import('@aws-cdk/cloudformation-diff'),
    import('./details/plan-details.ts'),
  ]);
  return await Promise.all(
    chosenStacks(assembly, stacks).map(async (stack) => {
      const wanted = assembly.templates.get(stack) as Template;
      const state = states === undefined ? await readStack(assembly.aws, stack) : states.get(stack);
      const current = state === undefined || neverWorks(state) ? undefined : await readTemplate(assembly.aws, stack);
      const diff = fullDiff(current ?? {}, wanted as Record<string, unknown>);
      const given = parameters?.[stack] ?? {};
      const changed = state === undefined ? [] : changedParameters(state, wanted, given);
      const described = describePlan(stack, current !== undefined, diff, referring(wanted, changed));
      const steps = changed.map((name) => ({
        name,
        from: state?.parameters[name],
        to: given[name],
        reaches: referring(wanted, [name]).map(({ logicalId }) => logicalId),
      }));
      const plan = details
        ? detailed(described, planDetails({ diff, template: wanted, parameters: steps }))
        : described;
      // Not finished, even if the template is the same: the deploy continues the rollback.
      return state?.status === 'UPDATE_ROLLBACK_FAILED' && plan.action === 'none'
        ? { ...plan, action: 'update' }
        : plan;
    }),
  );
}

function detailed(plan: StackPlan, { values, grants, openings }: PlanDetails): StackPlan {
  const changes = plan.changes.map((change) => {
    const own = change.action === 'update' ? values.get(change.logicalId) : undefined;
    return own === undefined ? change : { ...change, values: own };
  });
  return { ...plan, changes, grants, openings };
}

/** One plan from the differences of a template and the resources that refer to changed parameters. */
export function describePlan(
  stack: string,
  exists: boolean,
  diff: Pick<TemplateDiff, 'resources' | 'differenceCount'>,
  reached: readonly { logicalId: string; type: string }[],
): StackPlan {
  const changes: Change[] = [];
  diff.resources.forEachDifference((logicalId, difference) => {
    const change = changeOf(logicalId, difference);
    if (change !== undefined) changes.push(change);
  });
  for (const { logicalId, type } of reached) {
    if (!changes.some((change) => change.logicalId === logicalId)) changes.push({ logicalId, type, action: 'update' });
  }
  changes.sort((a, b) => a.logicalId.localeCompare(b.logicalId));
  if (!exists) return { stack, action: 'create', changes };
  return { stack, action: changes.length > 0 || diff.differenceCount > 0 ? 'update' : 'none', changes };
}

function changeOf(logicalId: string, difference: ResourceDifference): Change | undefined {
  const type = difference.resourceType ?? '';
  // Compared as text: the enum of a lazily loaded package would load it here.
  const impact: string = difference.changeImpact;
  if (difference.isAddition) return { logicalId, type, action: 'create' };
  if (difference.isRemoval) return { logicalId, type, action: 'delete' };
  if (impact === 'WILL_REPLACE') return { logicalId, type, action: 'update', replacement: 'yes' };
  if (impact === 'MAY_REPLACE') return { logicalId, type, action: 'update', replacement: 'maybe' };
  return impact === 'NO_CHANGE' ? undefined : { logicalId, type, action: 'update' };
}

/** Names of the parameters whose value would differ from the deployed one. */
export function changedParameters(
  state: Pick<StackState, 'parameters'>,
  template: Template,
  given: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(template.Parameters ?? {}).filter((name) => {
    const value = given[name];
    return value !== undefined && state.parameters[name] !== undefined && state.parameters[name] !== value;
  });
}

/** The resources of a template that refer to one of the parameters. */
export function referring(template: Template, parameters: readonly string[]): { logicalId: string; type: string }[] {
  if (parameters.length === 0) return [];
  return Object.entries(template.Resources ?? {})
    .filter(([, resource]) => parameters.some((name) => mentions(resource, name)))
    .map(([logicalId, { Type }]) => ({ logicalId, type: Type }));
}

function mentions(value: unknown, parameter: string): boolean {
  if (typeof value === 'string') return value.includes(`\${${parameter}}`);
  if (value === null || typeof value !== 'object') return false;
  if ('Ref' in value && value.Ref === parameter) return true;
  return Object.values(value).some((inner) => mentions(inner, parameter));
}

/** The template a stack is deployed with; `undefined` when there is no stack. */
export async function readTemplate(aws: Aws, stack: string): Promise<Record<string, unknown> | undefined> {
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    const command = new GetTemplateCommand({ StackName: stack, TemplateStage: 'Original' });
    const { TemplateBody } = await (await aws.cloudFormation()).send(command);
    return parse(TemplateBody ?? '') as Record<string, unknown>;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The plan as text lines: one per stack and change. */
export function planLines(plans: readonly StackPlan[]): string[] {
  return plans.flatMap(({ stack, action, changes }) => [
    `${stack}: ${action === 'none' ? 'no change' : action}`,
    ...(action === 'create' ? resourceCounts(changes) : changes.map((change) => `  ${changeLine(change)}`)),
  ]);
}

function changeLine({ logicalId, type, action, replacement }: Change): string {
  const mark = { create: '+', update: '~', delete: '-' }[action];
  const note = replacement === undefined ? '' : replacement === 'yes' ? ' (replaced)' : ' (may be replaced)';
  return `${mark} ${type.replace(/^AWS::/, '')} ${logicalId}${note}`;
}

/** The resources of a new stack, counted by type: their names say nothing yet. */
function resourceCounts(changes: readonly Change[]): string[] {
  const counts = new Map<string, number>();
  for (const { type } of changes) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `  + ${count} ${type.replace(/^AWS::/, '')}`);
}
