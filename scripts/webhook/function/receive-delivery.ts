import type { Place } from '../../config/names.ts';
import { type Judgement, judgeDelivery, type ReportedPush } from './judge-delivery.ts';
import type { WebhookSecret } from './webhook-secret.ts';

/** The parts that are read of API Gateway's request to a function (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format). */
export interface ProxyRequest {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

export interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The other function's input: whose push it is, according to the address, not the payload. */
export interface AcceptedPush {
  readonly place: Place;
  readonly push: ReportedPush;
}

/** What a function needs from outside. */
export interface ReceiveParts {
  secretFor(place: Place, token: string): Promise<WebhookSecret | undefined>;
  handOver(accepted: AcceptedPush): Promise<void>;
  /** One line of the log. */
  log(entry: object): void;
  now(): Date;
}

/** They become part of a secret's name, so no other characters are allowed. */
const environmentForm = /^(dev|staging|production)$/;
const tenantForm = /^[a-z][a-z0-9-]{1,18}[a-z0-9]$/;

/** Answers a delivery: reads the tenant's secret, decides, and passes accepted pushes on. Throws when that fails: GitLab then gets a 502. */
export async function receiveDelivery(request: ProxyRequest, parts: ReceiveParts): Promise<ProxyAnswer> {
  const { environment = '', tenant = '' } = request.pathParameters ?? {};
  const place = { environment, tenant };
  const isPlace = environmentForm.test(environment) && tenantForm.test(tenant);
  const headers = lowerCase(request.headers ?? {});
  const token = headers['x-gitlab-token'] ?? '';
  // No call to AWS for a request that cannot be accepted.
  const secret = isPlace && token !== '' ? await parts.secretFor(place, token) : undefined;
  const judged = judgeDelivery({ headers, body: bodyOf(request) }, secret, parts.now());
  parts.log({ ...(isPlace ? place : {}), ...logged(judged) });
  if (judged.verdict === 'accepted') await parts.handOver({ place, push: judged.push });
  return answerTo(judged);
}

function answerTo(judged: Judgement): ProxyAnswer {
  if (judged.verdict === 'refused') return answer(judged.status, { refused: judged.reason });
  if (judged.verdict === 'ignored') return answer(200, { ignored: judged.reason });
  return answer(202, { accepted: judged.push.commit });
}

function answer(statusCode: number, body: object): ProxyAnswer {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Neither the token nor the message of a commit, which may be anything. */
function logged(judged: Judgement): object {
  if (judged.verdict !== 'accepted') return judged;
  const { commit, branch, delivery } = judged.push;
  return { verdict: judged.verdict, commit, branch, delivery };
}

function bodyOf({ body, isBase64Encoded }: ProxyRequest): string {
  return isBase64Encoded === true ? Buffer.from(body ?? '', 'base64').toString() : (body ?? '');
}

function lowerCase(headers: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
