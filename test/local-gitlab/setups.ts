import { refused } from './answers.ts';
import type { Project } from './api-state.ts';

export interface Environment {
  readonly id: number;
  readonly name: string;
  readonly state: 'available';
  tier: string;
}

export interface Schedule {
  readonly id: number;
  readonly description: string;
  readonly ref: string;
  readonly cron: string;
  readonly cron_timezone: string;
  readonly active: boolean;
}

export interface ResourceGroup {
  readonly id: number;
  readonly key: string;
  process_mode: string;
}

export interface MergeRequest {
  readonly id: number;
  readonly iid: number;
  readonly project_id: number;
  readonly title: string;
  readonly description: string | null;
  readonly state: 'opened' | 'closed' | 'merged';
  readonly source_branch: string;
  readonly target_branch: string;
  readonly force_remove_source_branch: boolean;
}

/** A branch: its files by path, and whether each can be executed. */
type Files = Map<string, { readonly content: string; readonly executable: boolean }>;

/** What a project has besides its settings: branches with files, merge requests, and what its pipelines run by. */
export class Setup {
  readonly branches = new Map<string, Files>();
  readonly environments: Environment[] = [];
  readonly schedules: Schedule[] = [];
  readonly resourceGroups: ResourceGroup[] = [];
  readonly mergeRequests: MergeRequest[] = [];

  /** A job of a group has run: until then there is no group. */
  runJobOf(key: string, process_mode = 'unordered'): void {
    this.resourceGroups.push({ id: this.resourceGroups.length + 1, key, process_mode });
  }

  addFile(branch: string, path: string, content: string, executable = false): void {
    const files = this.branches.get(branch) ?? new Map();
    this.branches.set(branch, files.set(path, { content, executable }));
  }

  /** The rules of `app/services/commits/create_service.rb`; returns what is refused. */
  commit(branch: string, start: string | undefined, actions: readonly Readonly<Record<string, unknown>>[]) {
    const isEmpty = this.branches.size === 0;
    if (!isEmpty && start !== undefined && !this.branches.has(start)) {
      return refused('You can only create or edit files when you are on a branch');
    }
    if (!isEmpty && start !== undefined && start !== branch && this.branches.has(branch)) {
      return refused(`A branch called '${branch}' already exists. Switch to that branch in order to make changes`);
    }
    if (!isEmpty && start === undefined && !this.branches.has(branch)) {
      return refused('You can only create or edit files when you are on a branch');
    }
    const files: Files = new Map(this.branches.get(start ?? branch) ?? []);
    for (const { action, file_path: path, content, execute_filemode: executable } of actions) {
      if (action !== 'create') throw new Error(`the local GitLab knows no action ${action} of a commit`);
      if (files.has(String(path))) return refused('A file with this name already exists');
      files.set(String(path), { content: String(content), executable: executable === true });
    }
    this.branches.set(branch, files);
    return undefined;
  }
}

/** Those of all projects. */
export class Setups {
  readonly #all = new Map<number, Setup>();

  of({ id }: Pick<Project, 'id'>): Setup {
    const found = this.#all.get(id) ?? new Setup();
    this.#all.set(id, found);
    return found;
  }
}
