import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

/**
 * A GET to a load balancer under a host name, or a POST of a form; `fetch` would not let us set the Host header. Over HTTPS the
 * certificate must be the host's, whatever the load balancer's own name is: no DNS record is needed.
 * @param balancer DNS name of the load balancer that is asked; without it the one that has a rule for the host
 */
export function ask(
  router: string,
  host: string,
  path = '/',
  form?: Readonly<Record<string, string>>,
  balancer?: string,
): Promise<Answer> {
  const body = form === undefined ? '' : new URLSearchParams(form).toString();
  const headers = {
    host,
    ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(balancer === undefined ? {} : { 'x-vendhost-load-balancer': balancer }),
  };
  return new Promise((resolve, reject) => {
    const send = router.startsWith('https:') ? requestSecurely : request;
    const outgoing = send(
      new URL(path, router),
      { method: form === undefined ? 'GET' : 'POST', headers, timeout: 60_000, agent: false, servername: host },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${host}${path} within 60 s`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
