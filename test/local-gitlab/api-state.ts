export interface Project {
  readonly id: number;
  readonly path: string;
  readonly path_with_namespace: string;
  readonly name: string;
  readonly default_branch: string;
  readonly web_url: string;
}

export interface Variable {
  readonly variable_type: 'env_var' | 'file';
  readonly key: string;
  readonly value: string;
  readonly protected: boolean;
  readonly masked: boolean;
  readonly hidden: boolean;
  readonly raw: boolean;
  readonly environment_scope: string;
  readonly description: string | null;
}

type Faults = { faults: Record<string, string[]> };

/** What the local GitLab keeps. */
export class GitlabState {
  readonly #projects = new Map<number, Project>();
  readonly #variables = new Map<number, Variable[]>();

  addProject(path: string): Project {
    const id = this.#projects.size + 1;
    const name = path.split('/').at(-1) ?? path;
    const web = `https://gitlab.example.test/${path}`;
    const project = { id, path: name, path_with_namespace: path, name, default_branch: 'master', web_url: web };
    this.#projects.set(id, project);
    this.#variables.set(id, []);
    return project;
  }

  projects(): readonly Project[] {
    return [...this.#projects.values()];
  }

  /** By number or by path, like every call below `/projects/:id`. */
  project(id: string): Project | undefined {
    return this.projects().find((project) => String(project.id) === id || project.path_with_namespace === id);
  }

  variables(project: Project): readonly Variable[] {
    return this.#variables.get(project.id) ?? [];
  }

  createVariable(project: Project, given: Readonly<Record<string, unknown>>): Variable | Faults {
    return this.#save(project, undefined, {
      variable_type: given.variable_type === 'file' ? 'file' : 'env_var',
      key: String(given.key),
      value: String(given.value),
      protected: isTrue(given.protected),
      masked: isTrue(given.masked) || isTrue(given.masked_and_hidden),
      hidden: isTrue(given.masked_and_hidden),
      raw: isTrue(given.raw),
      environment_scope: String(given.environment_scope ?? '*'),
      description: given.description === undefined ? null : String(given.description),
    });
  }

  updateVariable(project: Project, old: Variable, given: Readonly<Record<string, unknown>>): Variable | Faults {
    const flag = (name: 'protected' | 'masked' | 'raw') =>
      given[name] === undefined ? old[name] : isTrue(given[name]);
    return this.#save(project, old, {
      ...old,
      value: String(given.value ?? old.value),
      protected: flag('protected'),
      masked: flag('masked'),
      raw: flag('raw'),
      environment_scope: String(given.environment_scope ?? old.environment_scope),
      description: given.description === undefined ? old.description : String(given.description),
    });
  }

  removeVariable(project: Project, variable: Variable): void {
    this.#replace(
      project,
      this.variables(project).filter((other) => other !== variable),
    );
  }

  #save(project: Project, old: Variable | undefined, next: Variable): Variable | Faults {
    const others = this.variables(project).filter((other) => other !== old);
    const faults = faultsOf(next, others);
    if (Object.keys(faults).length > 0) return { faults };
    const same = others.length === this.variables(project).length;
    this.#replace(project, same ? [...others, next] : this.variables(project).map((one) => (one === old ? next : one)));
    return next;
  }

  #replace(project: Project, variables: readonly Variable[]): void {
    this.#variables.set(project.id, [...variables]);
  }
}

/** The variable a call means; several when their scopes differ and the call names none. */
export function findVariable(
  all: readonly Variable[],
  key: string,
  scope: string | undefined,
): Variable | 'several' | undefined {
  const found = all.filter(
    (variable) => variable.key === key && (scope === undefined || variable.environment_scope === scope),
  );
  return found.length > 1 ? 'several' : found[0];
}

function faultsOf(variable: Variable, others: readonly Variable[]): Record<string, string[]> {
  const faults: Record<string, string[]> = {};
  const { key, value, environment_scope: scope } = variable;
  if (!/^\w+$/.test(key)) faults.key = ["can contain only letters, digits and '_'."];
  if (key.length > 255) faults.key = ['is too long (maximum is 255 characters)'];
  if (findVariable(others, key, scope) !== undefined) faults.key = [`(${key}) has already been taken`];
  if (variable.masked && !/^[\w+/=@:.~-]{8,}$/.test(value)) faults.value = ['is invalid'];
  return faults;
}

const isTrue = (given: unknown) => given === true || given === 'true' || given === 1 || given === '1';
