import { VendhostError } from '../errors.ts';
import type { GitlabApi } from './api.ts';

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

/** Writes the changes. None of the values is a secret: they are neither masked nor protected. */
export async function writeVariables(
  api: GitlabApi,
  project: string,
  changes: readonly VariableChange[],
): Promise<void> {
  for (const { action, key, value, scope } of changes) {
    const options = { environmentScope: scope, raw: true };
    const edit = () =>
      api.call(`write the variable ${key} of ${project}`, (client) =>
        client.ProjectVariables.edit(project, key, value, { ...options, filter: { environment_scope: scope } }),
      );
    const create = () =>
      api.call(`write the variable ${key} of ${project}`, (client) =>
        client.ProjectVariables.create(project, key, value, options),
      );
    if (action === 'update') await edit();
    else
      await create().catch(async (thrown: unknown) => {
        if (!isTaken(thrown)) throw thrown;
        // Made since it was planned: by another vend, or by this one, whose answer was lost.
        await edit();
      });
  }
}

/** GitLab's words for a key that the environment has already. */
function isTaken(thrown: unknown): boolean {
  return thrown instanceof VendhostError && thrown.details.some((line) => line.includes('has already been taken'));
}
