import type { Gitlab } from '@gitbeaker/rest';
import { messageOf, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { printCalls } from './print-calls.ts';

/** GitLab's API with a token; calls go through `call`, which turns GitLab's answers into foreseen errors. */
export interface GitlabApi {
  readonly address: string;
  call<T>(what: string, work: (client: InstanceType<typeof Gitlab<false>>) => Promise<T>): Promise<T>;
}

const requestLimitMs = 30_000;

/**
 * Opens GitLab's API with `VENDHOST_GITLAB_TOKEN`; `undefined` when that is not set. In a job
 * `CI_API_V4_URL` is the API's address; elsewhere it is derived from the given address.
 */
export function openGitlab({ env, out }: Runtime, gitlab: string): GitlabApi | undefined {
  const token = env.VENDHOST_GITLAB_TOKEN;
  if (token === undefined || token === '') return undefined;
  out.redact(token);
  const address = (env.CI_API_V4_URL ?? gitlab).replace(/\/+$/, '').replace(/\/api\/v4$/, '');
  return {
    address,
    async call(what, work) {
      const sdk = await import('@gitbeaker/rest');
      const client = new sdk.Gitlab({ host: address, token, queryTimeout: requestLimitMs });
      try {
        return await work(out.isVerbose ? printCalls(client, out) : client);
      } catch (thrown) {
        throw gitlabError(thrown, what, address);
      }
    },
  };
}

/** What GitLab refused, or that it cannot be reached. */
function gitlabError(thrown: unknown, what: string, address: string): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const status = statusOf(thrown);
  if (status === undefined) {
    return new VendhostError('GITLAB_UNREACHABLE', `cannot ${what}: ${address} does not answer: ${reasonOf(thrown)}`, {
      hint: 'check the address in platform.yml (gitlab) and the network, then retry',
      cause: thrown,
    });
  }
  const known = refusals[status];
  return new VendhostError(known?.code ?? 'GITLAB_REFUSED', `cannot ${what}: ${address} answers ${status}`, {
    details: [descriptionOf(thrown)],
    hint: known?.hint ?? 'fix what GitLab reports above, then retry',
    cause: thrown,
  });
}

const refusals: Readonly<Record<number, { code: string; hint: string }>> = {
  401: {
    code: 'GITLAB_TOKEN_REFUSED',
    hint: 'VENDHOST_GITLAB_TOKEN is wrong, expired or revoked: create a new one with the scope api',
  },
  403: {
    code: 'GITLAB_FORBIDDEN',
    hint: "VENDHOST_GITLAB_TOKEN needs the role Maintainer in the tenant's project and the scope api",
  },
  404: {
    code: 'GITLAB_PROJECT_UNKNOWN',
    hint: "check project in the tenant's file; GitLab also says 404 when the token may not see the project",
  },
};

/** @gitbeaker puts the response into the cause of its error; errors of `fetch` have none. */
function statusOf({ cause }: Error): number | undefined {
  const response = (cause as { response?: { status?: unknown } } | undefined)?.response;
  return typeof response?.status === 'number' ? response.status : undefined;
}

function descriptionOf(error: Error): string {
  const description = (error.cause as { description?: unknown } | undefined)?.description;
  return description === undefined ? messageOf(error) : JSON.stringify(description);
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
}
