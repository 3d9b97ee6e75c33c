import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../api.ts';

/** A call that changes something, as data: a plan has it, a dry run shows it, and `sendCall` sends just that. */
export interface PlannedCall {
  readonly method: 'POST' | 'PUT';
  /** Below `/api/v4/`, encoded. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The path of something in a project, which is named by its path or its number. */
export function projectPart(project: string | number, ...parts: readonly (string | number)[]): string {
  return ['projects', project, ...parts].map(encodeURIComponent).join('/');
}

/** Sends it, as every call of `api.call`: with what it is for, and what to do about a refusal by status. */
export async function sendCall(
  api: GitlabApi,
  what: string,
  { method, path, body }: PlannedCall,
  hints?: Readonly<Record<number, string>>,
): Promise<unknown> {
  const send = method === 'POST' ? ('post' as const) : ('put' as const);
  return await api.call(what, async ({ Projects }) => (await Projects.requester[send](path, { body })).body, hints);
}

/** GitLab's words for what exists, by who says it: models, branches, protected branches and merge requests. */
const taken = ['has already been taken', 'already exists'];

/** Whether GitLab refuses to make what is there, perhaps by an earlier run whose answer was lost. */
export function isTaken(thrown: unknown): boolean {
  return thrown instanceof VendhostError && thrown.details.some((line) => taken.some((words) => line.includes(words)));
}

const mostOfText = 60;

/** The call on one line; of long texts, such as files, how long they are. */
export function callText({ method, path, body }: PlannedCall): string {
  const shown = JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'string' && (value.length > mostOfText || value.includes('\n'))
      ? `… ${value.length} characters`
      : value,
  );
  return `${method} /${path} ${shown}`;
}
