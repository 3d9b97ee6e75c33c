import type { Project } from './api-state.ts';

/** Somebody with a token. */
export interface User {
  readonly id: number;
  readonly username: string;
  readonly name: string;
  /** Highest role in projects: 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer. */
  readonly level: number;
  /** The token's scope; `read_api` writes nothing, `job` is a job's own, which few endpoints take. */
  readonly scope: 'api' | 'read_api' | 'job';
}

type Author = Pick<User, 'id' | 'username' | 'name'>;

export interface Note {
  readonly id: number;
  readonly body: string;
  readonly author: Author;
  readonly created_at: string;
  readonly updated_at: string;
  /** Written by GitLab itself: "added 1 commit". */
  readonly system: boolean;
  readonly noteable_type: 'MergeRequest';
  readonly noteable_iid: number;
}

export interface Issue {
  readonly id: number;
  readonly iid: number;
  readonly project_id: number;
  readonly title: string;
  readonly description: string | null;
  readonly state: 'opened' | 'closed';
  readonly labels: readonly string[];
  readonly author: Author;
  readonly created_at: string;
  readonly updated_at: string;
  readonly closed_at: string | null;
  readonly web_url: string;
}

/** Merge requests with their notes, and issues. */
export class Discussions {
  /** Quick actions that GitLab would have done, like `/close`: nobody here means to give any. */
  readonly quickActions: string[] = [];
  readonly #notes = new Map<string, Note[]>();
  readonly #targets = new Map<string, string>();
  readonly #issues = new Map<number, Issue[]>();
  #last = 0;

  addMergeRequest({ id }: Project, iid: number, targetBranch = 'dev'): void {
    this.#targets.set(`${id}!${iid}`, targetBranch);
    this.#notes.set(`${id}!${iid}`, []);
  }

  targetOf({ id }: Project, iid: number): string | undefined {
    return this.#targets.get(`${id}!${iid}`);
  }

  /** The notes of a merge request, oldest first; undefined when there is no such merge request. */
  notes({ id }: Project, iid: number): readonly Note[] | undefined {
    return this.#notes.get(`${id}!${iid}`);
  }

  addNote(project: Project, iid: number, author: Author, body: string, system = false): Note {
    const now = new Date().toISOString();
    const note: Note = {
      id: this.#nextId(),
      body,
      author: { id: author.id, username: author.username, name: author.name },
      created_at: now,
      updated_at: now,
      system,
      noteable_type: 'MergeRequest',
      noteable_iid: iid,
    };
    this.#notes.set(`${project.id}!${iid}`, [...(this.notes(project, iid) ?? []), note]);
    return note;
  }

  editNote(project: Project, iid: number, old: Note, body: string): Note {
    const note = { ...old, body, updated_at: new Date().toISOString() };
    const all = this.notes(project, iid) ?? [];
    this.#notes.set(
      `${project.id}!${iid}`,
      all.map((each) => (each.id === old.id ? note : each)),
    );
    return note;
  }

  removeNote(project: Project, iid: number, { id }: Note): void {
    const all = this.notes(project, iid) ?? [];
    this.#notes.set(
      `${project.id}!${iid}`,
      all.filter((each) => each.id !== id),
    );
  }

  issues({ id }: Project): readonly Issue[] {
    return this.#issues.get(id) ?? [];
  }

  addIssue(
    project: Project,
    author: Author,
    { title, description, labels }: Pick<Issue, 'title' | 'description' | 'labels'>,
  ): Issue {
    const now = new Date().toISOString();
    const all = this.issues(project);
    const iid = all.length + 1;
    const issue: Issue = {
      id: this.#nextId(),
      iid,
      project_id: project.id,
      title,
      description,
      state: 'opened',
      labels,
      author: { id: author.id, username: author.username, name: author.name },
      created_at: now,
      updated_at: now,
      closed_at: null,
      web_url: `${project.web_url}/-/issues/${iid}`,
    };
    this.#issues.set(project.id, [...all, issue]);
    return issue;
  }

  editIssue(project: Project, old: Issue, changes: Partial<Issue>): Issue {
    const issue = { ...old, ...changes, updated_at: new Date().toISOString() };
    this.#issues.set(
      project.id,
      this.issues(project).map((each) => (each.id === old.id ? issue : each)),
    );
    return issue;
  }

  /** A text as GitLab keeps it: quick actions are done and taken out, white space at the end is cut off. */
  taken(text: string): string {
    return text
      .replaceAll('\r', '')
      .replaceAll(
        /^\/(?:close|reopen|merge|approve|label|assign|title|draft|lock)(?: [^\n]*)?(?:\n|$)/gim,
        (action) => {
          this.quickActions.push(action.trim());
          return '';
        },
      )
      .trimEnd();
  }

  #nextId(): number {
    this.#last += 1;
    return this.#last;
  }
}
