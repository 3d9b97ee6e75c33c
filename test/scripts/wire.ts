import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** One call to AWS, as it goes over the wire. */
export interface WireCall {
  /** As signatures name it: `s3`, `ec2`, `cloudformation`. */
  readonly service: string;
  readonly region: string;
  /** Id of the access key it is signed with. */
  readonly accessKey: string;
  /** `CreateStack`; of S3 the method and its place: `PUT /bucket/key`. */
  readonly operation: string;
  readonly body: string;
}

export interface WireAnswer {
  /** 0: no answer, the connection is reset. */
  readonly status: number;
  readonly headers?: IncomingHttpHeaders;
  readonly body: string | Buffer;
}

/** Sends the call on, with another body if one is given. */
export type Next = (body?: string) => Promise<WireAnswer>;

/** Gets every call; what it returns is the answer. It may act before and after the call is sent on. */
export type Meddler = (call: WireCall, next: Next) => Promise<WireAnswer>;

/**
 * Stands between a command and the local cloud, so that a second writer acts just between two of the command's calls, and
 * so that AWS refuses what the local cloud would do. Returns the address for AWS_ENDPOINT_URL; without a cloud the meddler
 * answers everything itself.
 */
export async function wire(cloud: string | undefined, meddle: Meddler): Promise<string> {
  const { address, close } = await openWire(cloud, meddle);
  onTestFinished(close);
  return address;
}

/** The same for who closes it himself. */
export async function openWire(cloud: string | undefined, meddle: Meddler) {
  const server = createServer(async (incoming, response) => {
    const bytes = Buffer.concat(await incoming.toArray());
    const call = callOf(incoming, bytes.toString());
    const next: Next = (body) => {
      if (cloud === undefined) throw new Error(`nobody answers ${call.service} ${call.operation}`);
      return sendOn(cloud, incoming, body === undefined ? bytes : Buffer.from(body));
    };
    const answer = await meddle(call, next).catch((error: unknown) => ({
      ...refusal(call, 'InternalFailure', String(error)),
      status: 400,
    }));
    if (answer.status === 0) incoming.socket.resetAndDestroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }).listen(0, '127.0.0.1');
  // A connection that is closed while a request is on its way would be a call that is made twice.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Acts once, before the first call of this operation is sent on. */
export function justBefore(operation: string | RegExp, act: (call: WireCall) => Promise<unknown>): Meddler {
  return meddleOnce(operation, async (call, next) => {
    await act(call);
    return await next();
  });
}

/** Acts once, between the first call of this operation and its answer. */
export function justAfter(operation: string | RegExp, act: (call: WireCall) => Promise<unknown>): Meddler {
  return meddleOnce(operation, async (call, next) => {
    const answer = await next();
    await act(call);
    return answer;
  });
}

/** Refuses every call of these operations as AWS would, with this code. */
export function refusing(operation: string | RegExp, code: string, message = code): Meddler {
  return async (call, next) => (isCalled(operation, call) ? refusal(call, code, message) : await next());
}

/** Lets S3 say that every object was written exactly so many minutes ago, but not what is written on this wire. */
export function ageing(minutes: number): Meddler {
  const fresh = new Set<string>();
  return async ({ operation }, next) => {
    const answer = await next();
    const { date, etag = '', 'last-modified': written } = answer.headers ?? {};
    if (operation.startsWith('PUT ')) fresh.add(etag);
    if (date === undefined || written === undefined || fresh.has(etag)) return answer;
    const earlier = new Date(Date.parse(date) - minutes * 60_000).toUTCString();
    return { ...answer, headers: { ...answer.headers, 'last-modified': earlier } };
  };
}

/** Lets S3's listings say that every object was written exactly so many minutes ago. */
export function ageingLists(minutes: number): Meddler {
  return async ({ operation }, next) => {
    const answer = await next();
    if (!/^GET .*list-type=2/.test(operation)) return answer;
    const earlier = (time: string) => new Date(Date.parse(time) - minutes * 60_000).toISOString();
    const body = String(answer.body).replaceAll(/(?<=<LastModified>)[^<]+/g, earlier);
    const { 'content-length': _length, ...headers } = answer.headers ?? {};
    return { ...answer, headers, body };
  };
}

/** Lets CloudFormation say that every change set was made so many days earlier, but not those that are made on this wire. */
export function ageingPlans(days: number): Meddler {
  const fresh: string[] = [];
  return async ({ operation }, next) => {
    const answer = await next();
    const text = String(answer.body);
    if (operation === 'CreateChangeSet') fresh.push(...(/(?<=<Id>)[^<]+/.exec(text) ?? []));
    if (operation !== 'ListChangeSets') return answer;
    const earlier = (time: string) => new Date(Date.parse(time) - days * 24 * 60 * 60_000).toISOString();
    const body = text.replaceAll(/<member>(?:(?!<\/member>).)*<\/member>/gs, (member) =>
      fresh.some((id) => member.includes(id)) ? member : member.replace(/(?<=<CreationTime>)[^<]+/, earlier),
    );
    const { 'content-length': _length, ...headers } = answer.headers ?? {};
    return { ...answer, headers, body };
  };
}

function meddleOnce(operation: string | RegExp, meddle: Meddler): Meddler {
  let isDone = false;
  return async (call, next) => {
    if (isDone || !isCalled(operation, call)) return await next();
    isDone = true;
    return await meddle(call, next);
  };
}

function isCalled(operation: string | RegExp, call: WireCall): boolean {
  return typeof operation === 'string' ? operation === call.operation : operation.test(call.operation);
}

/** An error in the protocol of the service that was called. */
export function refusal({ service, operation }: WireCall, code: string, message = code): WireAnswer {
  const status = /^(AccessDenied|InvalidClientTokenId|ExpiredToken)/.test(code) ? 403 : 400;
  const xml = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  if (isJson(service)) return { status, body: JSON.stringify({ __type: code, message }) };
  if (service === 's3')
    return { status: code.startsWith('NoSuch') ? 404 : status, body: operation.startsWith('HEAD') ? '' : xml };
  return {
    status,
    body: service === 'ec2' ? `<Response><Errors>${xml}</Errors></Response>` : `<ErrorResponse>${xml}</ErrorResponse>`,
  };
}

const isJson = (service: string) =>
  ['acm', 'cloudtrail', 'codedeploy', 'codepipeline', 'kms', 'logs', 'monitoring', 'servicequotas', 'ssm'].includes(
    service,
  );

function callOf({ headers, method = '', url = '' }: IncomingMessage, body: string): WireCall {
  const scope = /Credential=([^/]*)\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? '');
  // A token is exchanged for a role without a signature.
  const [, accessKey = '', region = '', service = 'sts'] = scope ?? [];
  const target = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  const operation = target || new URLSearchParams(body).get('Action') || `${method} ${url}`;
  return { service, region, accessKey, operation, body };
}

async function sendOn(cloud: string, { headers, method, url }: IncomingMessage, body: Buffer): Promise<WireAnswer> {
  const { 'transfer-encoding': _chunked, expect: _continue, connection: _own, ...kept } = headers;
  const sent = request(new URL(url ?? '/', cloud), {
    method,
    headers: { ...kept, 'content-length': body.length },
    // The cloud may be closing a connection that was left open.
    agent: false,
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { 'transfer-encoding': _again, connection: _theirs, ...answered } = answer.headers;
  return { status: answer.statusCode ?? 500, headers: answered, body: Buffer.concat(await answer.toArray()) };
}
