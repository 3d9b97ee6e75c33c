import { type Assembly, chosenStacks, stackSettings } from '../assembly.ts';
import { recoverStack } from '../recover.ts';
import { readTemplate } from '../stack-plan.ts';
import { createChangeSet } from './change-set.ts';
import type { SavedStack } from './plan-file.ts';

export interface SaveOptions {
  /** Names of the stacks; all of the app without it. */
  readonly stacks?: readonly string[];
  /** Parameter values by stack name. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly roleArn?: string | undefined;
  /** Name of the change sets. */
  readonly name: string;
}

/** Creates a change set for each stack of an assembly and records the state it starts from: the stacks of a plan to be executed later. */
export async function saveStacks(assembly: Assembly, options: SaveOptions): Promise<SavedStack[]> {
  return await Promise.all(chosenStacks(assembly, options.stacks).map((stack) => saveStack(assembly, stack, options)));
}

async function saveStack(
  assembly: Assembly,
  stack: string,
  { parameters, roleArn, name }: SaveOptions,
): Promise<SavedStack> {
  const { runtime, aws } = assembly;
  const template = assembly.templates.get(stack) ?? {};
  const { tags, terminationProtection } = stackSettings(assembly, stack);
  // Read before the change set is created: a change in between is found when the plan is checked.
  const state = await recoverStack(runtime, aws, stack, { roleArn, forChangeSet: true });
  const current = state === undefined ? undefined : await readTemplate(aws, state.id);
  const request = { stack, template, parameters: parameters?.[stack] ?? {}, roleArn, tags, name };
  const { id, action, changes } = await createChangeSet(runtime, aws, request, state);
  return {
    stack,
    changeSet: id ?? null,
    action,
    changes: [...changes],
    terminationProtection,
    before:
      state === undefined
        ? null
        : {
            id: state.id,
            status: state.status,
            updatedAt: state.updatedAt,
            template: current ?? {},
            parameters: { ...state.parameters },
          },
  };
}
