import type { Project } from './api-state.ts';

/** A commit of a project that the API knows. */
export interface ApiCommit {
  readonly id: string;
  readonly branch: string;
  readonly parent: string | undefined;
  readonly created_at: string;
  /** Merge requests that have it, by their numbers. */
  readonly requests: Readonly<Record<number, 'opened' | 'merged'>>;
}

/** As GitLab shows it beside a commit. */
export interface ApiStatus {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly name: string;
  status: string;
  target_url: string | null;
  description: string | null;
  /** Who wrote it: a status of somebody else is another one. */
  readonly author: { readonly id: number };
}

/** A deployment that was written by the API. */
export interface ApiDeployment {
  readonly id: number;
  readonly iid: number;
  readonly ref: string;
  readonly sha: string;
  readonly status: string;
  readonly environment: { readonly name: string };
  readonly deployable: null;
}

/** What the API knows of commits: a branch is a line of them, and may begin at a commit of another one. */
export class ApiCommits {
  readonly #commits = new Map<number, ApiCommit[]>();
  readonly #statuses = new Map<number, ApiStatus[]>();
  readonly #deployments = new Map<number, ApiDeployment[]>();

  add(
    project: Project,
    { id, branch = 'dev', requests = {}, parent }: Partial<ApiCommit> & Pick<ApiCommit, 'id'>,
  ): void {
    const all = this.of(project);
    const before = parent ?? all.findLast((each) => each.branch === branch)?.id;
    const created_at = new Date(Date.UTC(2026, 0, 1) + all.length * 60_000).toISOString();
    this.#commits.set(project.id, [...all, { id, branch, parent: before, created_at, requests }]);
  }

  of({ id }: Project): readonly ApiCommit[] {
    return this.#commits.get(id) ?? [];
  }

  find(project: Project, id: string): ApiCommit | undefined {
    return this.of(project).find((commit) => commit.id === id);
  }

  hasBranch(project: Project, branch: string): boolean {
    return this.of(project).some((commit) => commit.branch === branch);
  }

  /** Those that one has and the other has not, oldest first. */
  between(project: Project, from: ApiCommit, to: ApiCommit): ApiCommit[] {
    const known = new Set(this.#line(project, from).map(({ id }) => id));
    return this.#line(project, to)
      .filter(({ id }) => !known.has(id))
      .toReversed();
  }

  statuses({ id }: Project): ApiStatus[] {
    const all = this.#statuses.get(id) ?? [];
    this.#statuses.set(id, all);
    return all;
  }

  deployments({ id }: Project): ApiDeployment[] {
    const all = this.#deployments.get(id) ?? [];
    this.#deployments.set(id, all);
    return all;
  }

  #line(project: Project, last: ApiCommit): ApiCommit[] {
    const line = [last];
    for (let at = last.parent; at !== undefined; at = line.at(-1)?.parent) {
      const commit = this.find(project, at);
      if (commit === undefined) break;
      line.push(commit);
    }
    return line;
  }
}
