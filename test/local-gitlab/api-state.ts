import { ApiHooks } from './api-hooks.ts';
import { ApiCommits } from './commits.ts';
import { Discussions } from './discussions.ts';
import { Outages } from './outages.ts';
import { Packages } from './packages.ts';
import { ApiPipelines } from './pipelines.ts';
import { Setups } from './setups.ts';

export interface Project {
  readonly id: number;
  readonly path: string;
  readonly path_with_namespace: string;
  readonly name: string;
  readonly description: string | null;
  /** Null as long as nothing was pushed. */
  readonly default_branch: string | null;
  readonly empty_repo: boolean;
  readonly auto_devops_enabled: boolean;
  readonly ci_config_path: string | null;
  readonly ci_forward_deployment_enabled: boolean;
  readonly ci_pipeline_variables_minimum_override_role: string;
  readonly restrict_user_defined_variables: boolean;
  readonly resource_group_default_process_mode: string;
  readonly web_url: string;
  readonly ci_allow_fork_pipelines_to_run_in_parent_project: boolean;
  readonly ci_id_token_sub_claim_components: readonly string[];
  readonly visibility: 'private' | 'internal' | 'public';
  /** Who sees its repository: whoever sees the project, its members, or nobody. */
  readonly repository_access_level: FeatureLevel;
  readonly container_registry_access_level: FeatureLevel;
  /** Absent where the instance has no registry. */
  readonly container_registry_image_prefix?: string | undefined;
  readonly shared_with_groups: readonly SharedGroup[];
}

type FeatureLevel = 'enabled' | 'private' | 'disabled';

interface SharedGroup {
  readonly group_id: number;
  readonly group_name: string;
  readonly group_full_path: string;
  readonly group_access_level: number;
}

/** Who may use the job tokens of their pipelines in a project. */
export interface JobTokens {
  readonly limited: boolean;
  readonly projects: readonly number[];
  /** Paths of groups. */
  readonly groups: readonly string[];
}

export interface ProtectedBranch {
  readonly id: number;
  readonly name: string;
  readonly push_access_levels: readonly AccessLevel[];
  readonly merge_access_levels: readonly AccessLevel[];
  readonly allow_force_push: boolean;
}

interface AccessLevel {
  readonly id: number;
  readonly access_level: number;
  readonly access_level_description: string;
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

export interface GitlabOptions {
  readonly version?: string;
  /** Whether it has what only Premium has. Default: false */
  readonly isPremium?: boolean;
}

/** What the local GitLab keeps. */
export class GitlabState {
  readonly version: string;
  readonly isPremium: boolean;
  readonly commits = new ApiCommits();
  readonly discussions = new Discussions();
  readonly hooks = new ApiHooks();
  readonly outages = new Outages();
  readonly packages = new Packages();
  readonly pipelines = new ApiPipelines();
  readonly setups = new Setups();
  /** Numbers of groups by path. */
  readonly groups = new Map<string, number>();
  readonly #projects = new Map<number, Project>();
  readonly #variables = new Map<number, Variable[]>();
  readonly #branches = new Map<number, ProtectedBranch[]>();
  readonly #environments = new Map<number, string[]>();
  readonly #jobTokens = new Map<number, JobTokens>();
  readonly #highest = new Map<number, number>();
  readonly #formerPaths = new Map<string, number>();

  constructor({ version = '19.4.1-ee', isPremium = false }: GitlabOptions = {}) {
    this.version = version;
    this.isPremium = isPremium;
  }

  addGroup(path: string): void {
    if (!this.groups.has(path)) this.groups.set(path, 1000 + this.groups.size);
  }

  /**
   * A new project: only its default branch is protected (https://docs.gitlab.com/user/project/repository/branches/default/). Without one it is
   * empty.
   */
  addProject(path: string, defaultBranch: string | null = 'master'): Project {
    const id = this.#projects.size + 1;
    const name = path.split('/').at(-1) ?? path;
    this.addGroup(path.split('/').slice(0, -1).join('/'));
    const project: Project = {
      id,
      path: name,
      path_with_namespace: path,
      name,
      ...{ description: null, default_branch: defaultBranch, empty_repo: defaultBranch === null },
      ...{
        auto_devops_enabled: true,
        ci_config_path: null,
        ci_pipeline_variables_minimum_override_role: 'developer',
        restrict_user_defined_variables: false,
        ci_forward_deployment_enabled: true,
      },
      resource_group_default_process_mode: 'unordered',
      web_url: `https://gitlab.example.test/${path}`,
      ci_allow_fork_pipelines_to_run_in_parent_project: true,
      ci_id_token_sub_claim_components: ['project_path', 'ref_type', 'ref'],
      visibility: 'private',
      repository_access_level: 'enabled',
      container_registry_access_level: 'enabled',
      container_registry_image_prefix: `registry.gitlab.example.test/${path}`,
      shared_with_groups: [],
    };
    this.#projects.set(id, project);
    this.#variables.set(id, []);
    if (defaultBranch !== null) {
      this.protectBranch(project, defaultBranch);
      this.setups.of(project).addFile(defaultBranch, 'README.md', `# ${name}\n`);
    }
    return project;
  }

  /** Moves a project: its old path leads to it until another project takes that path. */
  moveProject(project: Project, path: string): Project {
    this.#formerPaths.set(project.path_with_namespace.toLowerCase(), project.id);
    return this.change(project, { path_with_namespace: path, path: path.split('/').at(-1) ?? path });
  }

  change(project: Project, changes: Partial<Omit<Project, 'id'>>): Project {
    const changed = { ...this.current(project), ...changes };
    this.#projects.set(project.id, changed);
    return changed;
  }

  current({ id }: Project): Project {
    const project = this.#projects.get(id);
    if (project === undefined) throw new Error(`the local GitLab has no project ${id}`);
    return project;
  }

  protectBranch(project: Project, name: string, { push = 40, merge = 40 } = {}): ProtectedBranch {
    const all = this.protectedBranches(project);
    const id = all.length + 1;
    const levels = (access_level: number): AccessLevel[] => [
      { id, access_level, access_level_description: access_level === 30 ? 'Developers + Maintainers' : 'Maintainers' },
    ];
    const branch = {
      id,
      name,
      push_access_levels: levels(push),
      merge_access_levels: levels(merge),
      allow_force_push: false,
    };
    this.#branches.set(project.id, [...all, branch]);
    return branch;
  }

  unprotectBranch(project: Project, name: string): void {
    const left = this.protectedBranches(project).filter((branch) => branch.name !== name);
    this.#branches.set(project.id, left);
  }

  protectedBranches({ id }: Project): readonly ProtectedBranch[] {
    return this.#branches.get(id) ?? [];
  }

  protectEnvironment({ id }: Project, name: string): void {
    this.#environments.set(id, [...(this.#environments.get(id) ?? []), name]);
  }

  protectedEnvironments({ id }: Project): readonly string[] {
    return this.#environments.get(id) ?? [];
  }

  /** Nobody has a role in this project above that one; 0 is no member. */
  limitRoles({ id }: Project, level: number): void {
    this.#highest.set(id, level);
  }

  /** The role that somebody has in a project, who has this one in all others. */
  roleIn({ id }: Project, level: number): number {
    return Math.min(level, this.#highest.get(id) ?? level);
  }

  jobTokens({ id }: Project): JobTokens {
    return this.#jobTokens.get(id) ?? { limited: true, projects: [], groups: [] };
  }

  changeJobTokens(project: Project, changes: Partial<JobTokens>): void {
    this.#jobTokens.set(project.id, { ...this.jobTokens(project), ...changes });
  }

  projects(): readonly Project[] {
    return [...this.#projects.values()];
  }

  /** By number or by path, like every call below `/projects/:id`: in any letters, and also by a path it had before. */
  project(id: string): Project | undefined {
    const path = id.toLowerCase();
    const found = this.projects().find(
      (each) => String(each.id) === id || each.path_with_namespace.toLowerCase() === path,
    );
    return found ?? this.#projects.get(this.#formerPaths.get(path) ?? 0);
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
