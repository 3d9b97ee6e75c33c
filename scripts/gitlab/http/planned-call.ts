import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../api.ts';
import { isAnswerLost, lookForMade } from './lost-answer.ts';

/** A call that changes something, as data: a plan has it, a dry run shows it, and `sendCall` sends just that. */
export interface PlannedCall {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v4/`, encoded. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The path of something in a project, which is named by its path or its number. */
export function projectPart(project: string | number, ...parts: readonly (string | number)[]): string {
  return ['projects', project, ...parts].map(encodeURIComponent).join('/');
}

/**
 * Sends it, as every call of `api.call`: with what it is for, and what to do about a refusal by status. When the answer to a POST is lost,
 * GitLab is asked whether it was done; if it was not, it is sent once more.
 */
export async function sendCall(
  api: GitlabApi,
  what: string,
  call: PlannedCall,
  hints?: Readonly<Record<number, string>>,
): Promise<void> {
  const { method, path, body } = call;
  const send = () =>
    api.call(
      what,
      async ({ Projects: { requester } }) => {
        if (method === 'DELETE') await requester.delete(path);
        else await requester[ways[method]](path, { body });
      },
      hints,
    );
  await send().catch(async (thrown: unknown) => {
    const found = method === 'POST' && isAnswerLost(thrown) ? await lookForMade(api, call) : 'unknown';
    if (found === 'unknown') throw thrown;
    if (found === 'again') await send();
  });
}

const ways = { POST: 'post', PUT: 'put' } as const;

/** GitLab's words for what exists, by who says it: models, branches, protected branches and merge requests, and allowlists, by version. */
const taken = ['has already been taken', 'already exists', 'is already in the job token'];

/** Whether GitLab refuses to create what exists, perhaps from an earlier run whose response was lost. */
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
  return method === 'DELETE' ? `${method} /${path}` : `${method} /${path} ${shown}`;
}
