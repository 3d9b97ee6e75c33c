import { names, type Place } from '../config/names.ts';
import type { Assembly, Template } from '../stack/assembly.ts';
import { planStacks, readTemplate, type StackPlan } from '../stack/stack-plan.ts';
import { checkDataPlan } from './data-guard.ts';
import { type HostPlan, type HostState, hostParameters, planHost } from './host-plan.ts';
import { knownValues } from './planned-value.ts';

/** Compares the stacks with what is deployed, and plans. Throws `DATA_WOULD_BE_LOST` when data would not survive. */
export async function readHostPlan(assembly: Assembly, place: Place, state: HostState): Promise<HostPlan> {
  const plan = await planHostStacks(assembly, place, state);
  checkDataPlan(plan.data);
  return plan;
}

/** The same for a report: includes plans that would lose data, and details. */
export async function planHostStacks(
  assembly: Assembly,
  place: Place,
  state: HostState,
  { details = false } = {},
): Promise<HostPlan> {
  const { aws, templates } = assembly;
  const [dataStack, hostStack] = [names.tenantStack(place, 'data'), names.tenantStack(place, 'host')];
  const dataAsItIs: StackPlan | undefined = templates.has(dataStack)
    ? { stack: dataStack, action: 'none', changes: [] }
    : undefined;
  const parameters = { [hostStack]: knownValues(hostParameters(state, dataAsItIs)) };
  const stacks = await planStacks(assembly, { parameters, details });
  const template = templates.get(hostStack) ?? {};
  const isUpdate = stacks.some(({ stack, action }) => stack === hostStack && action === 'update');
  const deployed = isUpdate ? ((await readTemplate(aws, hostStack)) as Template | undefined) : template;
  return planHost({ place, state, stacks, template, deployed: deployed ?? template });
}
