import type { Gitlab } from '@gitbeaker/rest';
import { messageOf, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Patience, patience, UnreadableAnswer } from './http/patience.ts';
import { printCalls } from './http/print-calls.ts';

/** GitLab's API with a token; calls go through `call`, which turns GitLab's answers into foreseen errors. */
export interface GitlabApi {
  readonly address: string;
  /** `hints` says what somebody does about a refusal, by status, where that is something else than for a tenant's project. */
  call<T>(
    what: string,
    work: (client: InstanceType<typeof Gitlab<false>>) => Promise<T>,
    hints?: Readonly<Record<number, string>>,
  ): Promise<T>;
}

/**
 * Opens GitLab's API with `VENDHOST_GITLAB_TOKEN`; `undefined` when that is not set. In a job
 * `CI_API_V4_URL` is the API's address; elsewhere it is derived from the given address.
 */
export function openGitlab(runtime: Runtime, gitlab: string, retries: Patience = patience): GitlabApi | undefined {
  return open(runtime, { variable: 'VENDHOST_GITLAB_TOKEN', kind: 'token' }, gitlab, retries);
}

/**
 * Opens GitLab's API with the job's own token, which has the rights of whoever started the job, and reaches few endpoints
 * (https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access); `undefined` outside a job.
 */
export function openGitlabAsJob(runtime: Runtime, retries: Patience = patience): GitlabApi | undefined {
  const { CI_API_V4_URL: api } = runtime.env;
  return api ? open(runtime, { variable: 'CI_JOB_TOKEN', kind: 'jobToken' }, api, retries) : undefined;
}

function open(
  { env, out, signal }: Runtime,
  { variable, kind }: { variable: string; kind: 'token' | 'jobToken' },
  gitlab: string,
  retries: Patience,
): GitlabApi | undefined {
  const token = env[variable]?.trim();
  if (token === undefined || token === '') return undefined;
  out.redact(token);
  const address = (env.CI_API_V4_URL ?? gitlab).replace(/\/+$/, '').replace(/\/api\/v4$/, '');
  // It has a hundred resources, each with what it takes to send: one for all calls.
  let client: InstanceType<typeof Gitlab<false>> | undefined;
  const connect = async () => {
    const sdk = await import('@gitbeaker/rest');
    const { patientRequester } = await import('./http/requester.ts');
    const requesterFn = patientRequester(out, signal, retries);
    const credentials = kind === 'token' ? { token } : { jobToken: token };
    const made = new sdk.Gitlab({ host: address, ...credentials, requesterFn });
    return out.isVerbose ? printCalls(made, out) : made;
  };
  return {
    address,
    async call(what, work, hints = {}) {
      if (!/^[!-~]+$/.test(token)) throw brokenToken(what, variable);
      client ??= await connect();
      try {
        return await work(client);
      } catch (thrown) {
        signal.throwIfAborted();
        throw gitlabError(thrown, what, address, hints);
      }
    },
  };
}

/** Whoever pasted more than the token sees it here; the error of `fetch` would show it. */
function brokenToken(what: string, variable: string): VendhostError {
  return new VendhostError('GITLAB_TOKEN_REFUSED', `cannot ${what}: ${variable} has characters that no token has`, {
    hint: 'set the variable to the token alone: no line break, no space, no quotes of another alphabet',
  });
}

/** What GitLab refused, or that it cannot be reached. */
function gitlabError(thrown: unknown, what: string, address: string, hints: Readonly<Record<number, string>>): unknown {
  if (!(thrown instanceof Error) || thrown instanceof VendhostError) return thrown;
  // A list that is none: @gitbeaker fails on it. The errors of `fetch` have a cause.
  if (thrown instanceof UnreadableAnswer || (thrown instanceof TypeError && thrown.cause === undefined)) {
    return new VendhostError('GITLAB_UNREADABLE', `cannot ${what}: ${address} does not answer as GitLab's API does`, {
      details: [messageOf(thrown)],
      hint: 'check the address in platform.yml (gitlab), and what a proxy or a sign-in page before GitLab answers to tokens',
      cause: thrown,
    });
  }
  const status = statusOf(thrown);
  if (status === undefined) {
    return new VendhostError('GITLAB_UNREACHABLE', `cannot ${what}: ${address} does not answer: ${reasonOf(thrown)}`, {
      hint: 'check the address in platform.yml (gitlab) and the network, then retry',
      cause: thrown,
    });
  }
  const known = isMoved(thrown, status) ? moved : refusals[status];
  const { headers } = (thrown.cause as { response: Response }).response;
  const asked = headers.get('retry-after');
  const wished = asked === null ? '' : ` and asks to wait: retry-after ${asked}`;
  return new VendhostError(known?.code ?? 'GITLAB_REFUSED', `cannot ${what}: ${address} answers ${status}${wished}`, {
    details: [descriptionOf(thrown)],
    hint: (known === moved ? undefined : hints[status]) ?? known?.hint ?? 'fix what GitLab reports above, then retry',
    cause: thrown,
  });
}

/** By a path that a project no longer has GitLab answers who reads, and nobody else (`lib/api/helpers.rb`, `find_project!`). */
function isMoved(thrown: Error, status: number): boolean {
  return status === 405 && descriptionOf(thrown).includes('moved projects');
}

const moved = {
  code: 'PROJECT_PATH',
  hint: 'the project was renamed or moved after this command had looked at it: run the command again, which names the path to write into the file',
};

const refusals: Readonly<Record<number, { code: string; hint: string }>> = {
  401: {
    code: 'GITLAB_TOKEN_REFUSED',
    hint: 'VENDHOST_GITLAB_TOKEN is wrong, expired or revoked: create a new one with the scope api',
  },
  403: {
    code: 'GITLAB_FORBIDDEN',
    hint: "VENDHOST_GITLAB_TOKEN needs the role Maintainer in the tenant's project and the scope api; nobody changes a project that is archived",
  },
  429: {
    code: 'GITLAB_BUSY',
    hint: "wait as long as GitLab says, then retry; an administrator of GitLab can raise the user's rate limits",
  },
  ...Object.fromEntries(
    [502, 503, 504].map((status) => [
      status,
      { code: 'GITLAB_DOWN', hint: 'GitLab is down, starting or in maintenance: retry when it answers again' },
    ]),
  ),
  404: {
    code: 'GITLAB_PROJECT_UNKNOWN',
    hint: "check project in the tenant's file; GitLab also says 404 when the token may not see the project",
  },
};

/** The status of a refusal. @gitbeaker puts the response into the cause of its error; errors of `fetch` have none. */
function statusOf({ cause }: Error): number | undefined {
  const response = (cause as { response?: { status?: unknown } } | undefined)?.response;
  return typeof response?.status === 'number' ? response.status : undefined;
}

function descriptionOf(error: Error): string {
  const description = (error.cause as { description?: unknown } | undefined)?.description;
  return typeof description === 'string' ? description : messageOf(error);
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
}
