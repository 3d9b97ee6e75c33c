import type { Gitlab } from '@gitbeaker/rest';
import type { Output } from '../../output.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The part of the client's own requesters that every call passes, each page too. */
type Send = (path: string, options?: object) => Promise<{ readonly status: number }>;
type Requester = Record<(typeof methods)[number], Send>;

interface Resource {
  /** Where its paths begin. */
  readonly url: string;
  readonly requester: Requester;
}

/** Has a client print each of its calls: method, path and status; neither query nor body nor headers. */
export function printCalls(client: InstanceType<typeof Gitlab<false>>, out: Output): typeof client {
  for (const resource of Object.values(client) as unknown as (Partial<Resource> | undefined)[]) {
    const { url, requester } = resource ?? {};
    if (url === undefined || requester === undefined) continue;
    for (const method of methods) requester[method] = printing(out, method.toUpperCase(), url, requester[method]);
  }
  return client;
}

function printing(out: Output, method: string, base: string, send: Send): Send {
  return async (path, options) => {
    const call = {
      name: `GitLab ${method} ${new URL(path, base.replace(/\/*$/, '/')).pathname}`,
      startedAt: Date.now(),
    };
    try {
      const answer = await send(path, options);
      out.call({ ...call, end: String(answer.status) });
      return answer;
    } catch (thrown) {
      const { name, cause } = thrown as Error & { cause?: { code?: string; response?: { status?: number } } };
      out.call({ ...call, end: String(cause?.response?.status ?? cause?.code ?? name) });
      throw thrown;
    }
  };
}
