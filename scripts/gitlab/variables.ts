import type { GitlabApi } from './api.ts';
import { isTaken, type PlannedCall, projectPart, sendCall } from './http/planned-call.ts';

/** A variable of a project's CI/CD settings, for one environment. */
export interface ProjectVariable {
  readonly key: string;
  readonly value: string;
  /** The environment it is for (https://docs.gitlab.com/ci/environments/#limit-the-environment-scope-of-a-cicd-variable). */
  readonly scope: string;
}

export interface VariableChange extends ProjectVariable {
  readonly action: 'create' | 'update';
}

/** The changes that give the project the wanted variables; others are left alone. */
export function planVariables(
  wanted: readonly ProjectVariable[],
  present: readonly ProjectVariable[],
): VariableChange[] {
  return wanted.flatMap((variable) => {
    const old = present.find(({ key, scope }) => key === variable.key && scope === variable.scope);
    if (old?.value === variable.value) return [];
    return [{ ...variable, action: old === undefined ? ('create' as const) : ('update' as const) }];
  });
}

/** All variables of a project; reads all pages. */
export async function readVariables(api: GitlabApi, project: string): Promise<ProjectVariable[]> {
  const all = await api.call(`read the variables of ${project}`, (client) =>
    client.ProjectVariables.all(project, { perPage: 100 }),
  );
  return all.map(({ key, value, environment_scope }) => ({ key, value, scope: String(environment_scope) }));
}

/** The call of a change. None of the values is a secret: they are neither masked nor protected. */
export function variableCall(project: string, { action, key, value, scope }: VariableChange): PlannedCall {
  const body = { value, environment_scope: scope, raw: true };
  return action === 'create'
    ? { method: 'POST', path: projectPart(project, 'variables'), body: { key, ...body } }
    : {
        method: 'PUT',
        path: projectPart(project, 'variables', key),
        body: { ...body, filter: { environment_scope: scope } },
      };
}

/** Writes the changes, one after another. */
export async function writeVariables(
  api: GitlabApi,
  project: string,
  changes: readonly VariableChange[],
): Promise<void> {
  for (const change of changes) {
    const write = (as: VariableChange) =>
      sendCall(api, `write the variable ${change.key} of ${project}`, variableCall(project, as));
    await write(change).catch(async (thrown: unknown) => {
      if (change.action === 'update' || !isTaken(thrown)) throw thrown;
      // Made since it was planned: by another vend, or by this one, whose answer was lost.
      await write({ ...change, action: 'update' });
    });
  }
}
