import {
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DetectStackDriftCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { callJson, clientConfig } from '../clients.ts';
import { executeApiUrl } from '../execute-api.ts';
import { att, ref } from './resources.ts';
import { hook, hookUrl, lambda, role } from './rest-api.ts';

const account = '174000000001';
let endpoint: string;
let stacks: Stacks;

beforeAll(() => {
  endpoint = inject('localCloud').endpoint;
  stacks = new Stacks(clientConfig(endpoint, account));
});

/** The answer is what the request's body says, and shows what the function saw. */
const handler = `
const { S3Client } = require('@aws-sdk/client-s3');
exports.handler = async (event, context) => {
  console.log('called for ' + event.path);
  const asked = JSON.parse(event.body || '{}');
  if (asked.fail) throw new Error('a secret reason');
  if (asked.hang) await new Promise(() => setInterval(() => undefined, 1000));
  if ('answer' in asked) return asked.answer;
  const sdk = await new S3Client().config.region();
  const body = JSON.stringify({ event, name: context.functionName, env: process.env, sdk });
  return { statusCode: 201, headers: { 'X-Own': 'yes' }, body };
};`;

async function deployed(name: string, options: Parameters<typeof hook>[0] = {}, more: object = {}): Promise<string> {
  const resources = { Role: role('lambda'), Function: lambda(handler, more), ...hook(options) };
  const { status, failures, outputs } = await stacks.create(name, { resources, outputs: hookUrl });
  expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
  return executeApiUrl(endpoint, String(outputs.Url));
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, { method: 'POST', body: text, headers: { connection: 'close', ...headers } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const refusedInside = { status: 502, text: '{"message": "Internal server error"}' };

describe('a method with a proxy integration', () => {
  let url: string;
  beforeAll(async () => {
    const variables = { Environment: { Variables: { OWN: '1' } }, FunctionName: 'echo' };
    url = await deployed('echo', {}, variables);
  });

  test('the function gets the event, its variables and nothing of the cloud', async () => {
    const { status, headers, text } = await post(`${url}?a=1&a=2`, '{}', { 'x-gitlab-token': 'secret' });
    const { event, env, ...said } = JSON.parse(text) as Record<string, Record<string, unknown>>;
    const own = headers.get('x-own');
    expect({ status, own, ...said }).toEqual({ status: 201, own: 'yes', name: 'echo', sdk: 'eu-west-1' });
    expect(event).toMatchObject({
      resource: '/hook',
      path: '/hook',
      httpMethod: 'POST',
      headers: { 'X-Gitlab-Token': 'secret', 'X-Forwarded-Proto': 'https' },
      multiValueHeaders: { 'X-Gitlab-Token': ['secret'] },
      multiValueQueryStringParameters: { a: ['1', '2'] },
      body: '{}',
      isBase64Encoded: false,
      requestContext: { accountId: account, stage: 'live', identity: { sourceIp: '127.0.0.1' } },
    });
    expect(env).toMatchObject({ OWN: '1', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: endpoint });
    expect(Object.keys(env ?? {}).filter((key) => /VENDHOST|STATE_DIR|GATEWAY_PORT|^HOME$/.test(key))).toEqual([]);
  });

  test('a method that changes shows with the next deployment', async () => {
    const { resources, outputs } = { resources: hook({ method: 'PUT' }), outputs: hookUrl };
    const functions = { Role: role('lambda'), Function: lambda(handler, { FunctionName: 'echo', Timeout: 10 }) };
    const { status } = await stacks.update('echo', { resources: { ...functions, ...resources }, outputs });
    expect(status).toBe('UPDATE_COMPLETE');
    expect((await post(url, '{}')).status).toBe(201);
  });

  test('what it prints is in its log group', async () => {
    await post(url, '{}');
    const client = new CloudWatchLogsClient(clientConfig(endpoint, account));
    const printed = async () => {
      const messages: (string | undefined)[] = [];
      for await (const { events } of paginateFilterLogEvents({ client }, { logGroupName: '/aws/lambda/echo' }))
        messages.push(...(events ?? []).map(({ message }) => message));
      return messages;
    };
    await expect.poll(printed, { timeout: 20_000 }).toContain('called for /hook');
  });

  test.each([
    ['that fails', { fail: true }],
    ['without a status', { answer: { body: 'x' } }],
    ['that is a text', { answer: 'fine' }],
    ['with a body that is no text', { answer: { statusCode: 200, body: { a: 1 } } }],
    ['that is nothing', { answer: null }],
  ])('an answer %s is a 502 without a reason', async (_, asked) => {
    const { status, text } = await post(url, asked);
    expect({ status, text }).toEqual(refusedInside);
  });

  test('10 MB are too much for API Gateway, 6 MB for Lambda', async () => {
    const long = await post(url, 'x'.repeat(10 * 1024 * 1024 + 1));
    expect([long.status, long.text]).toEqual([413, '{"message":"Request Too Long"}']);
    expect((await post(url, 'x'.repeat(7 * 1024 * 1024))).status).toBe(500);
  });

  test('another path or method is unknown', async () => {
    const { status, text } = await post(`${url}s`, '{}');
    expect([status, text]).toEqual([403, '{"message":"Missing Authentication Token"}']);
    expect((await fetch(url)).status).toBe(403);
  });
});

test('a function that did not allow it cannot be called', async () => {
  const { status, text } = await post(await deployed('closed', { permission: false }), '{}');
  expect([status, text]).toEqual([500, '{"message": "Internal server error"}']);
});

test('what takes longer than the integration may is a 504', async () => {
  const { status, text } = await post(await deployed('slow', { timeout: 50 }), { hang: true });
  expect([status, text]).toEqual([504, '{"message":"Endpoint request timed out"}']);
});

test("a function's own time-out is a 502", async () => {
  const { status, text } = await post(await deployed('hanging', {}, { Timeout: 1 }), { hang: true });
  expect({ status, text }).toEqual(refusedInside);
});

test('a stage that takes nothing answers 429', async () => {
  const none = { ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0 };
  const { status, text } = await post(await deployed('throttled', { settings: [none] }), '{}');
  expect([status, text]).toEqual([429, '{"message":"Too Many Requests"}']);
});

/** What a detection does not find as the template has it. */
async function driftOf(StackName: string): Promise<Record<string, string>> {
  const { client } = stacks;
  const { StackDriftDetectionId } = await client.send(new DetectStackDriftCommand({ StackName }));
  const look = new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId });
  await expect.poll(async () => (await client.send(look)).DetectionStatus).toBe('DETECTION_COMPLETE');
  const { StackResourceDrifts } = await client.send(new DescribeStackResourceDriftsCommand({ StackName }));
  const found = (StackResourceDrifts ?? []).map((one) => [one.LogicalResourceId, one.StackResourceDriftStatus]);
  return Object.fromEntries(found.filter(([, status]) => status !== 'IN_SYNC'));
}

test('drift of an API is found', async () => {
  const settings = [{ ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 }];
  const url = await deployed('watched', { settings });
  expect(await driftOf('watched')).toEqual({});
  const patchOperations = [{ op: 'replace', path: '/*/*/throttling/rateLimit', value: '7' }];
  const changed = await fetch(`${endpoint}/restapis/${url.split('/').at(-3)}/stages/live`, {
    method: 'PATCH',
    headers: {
      connection: 'close',
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/eu-west-1/apigateway/aws4_request`,
    },
    body: JSON.stringify({ patchOperations }),
  });
  expect(changed.status).toBe(200);
  expect(await driftOf('watched')).toEqual({ Stage: 'MODIFIED' });
});

test('an event that a function fails on goes to its dead-letter queue', async () => {
  const deadLetters = { TargetArn: att('Queue', 'Arn') };
  const retries = { FunctionName: ref('Function'), Qualifier: '$LATEST', MaximumRetryAttempts: 0 };
  const { status, failures } = await stacks.create('failing', {
    resources: {
      Role: role('lambda', 'sqs:SendMessage'),
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
      Function: lambda(handler, { FunctionName: 'failing', DeadLetterConfig: deadLetters }),
      Retries: { Type: 'AWS::Lambda::EventInvokeConfig', Properties: retries },
    },
  });
  expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
  const event = { body: '{"fail":true}' };
  const called = await fetch(`${endpoint}/2015-03-31/functions/failing/invocations`, {
    method: 'POST',
    headers: {
      connection: 'close',
      'x-amz-invocation-type': 'Event',
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/eu-west-1/lambda/aws4_request`,
    },
    body: JSON.stringify(event),
  });
  expect(called.status).toBe(202);
  const request = { QueueUrl: `${endpoint}/${account}/dead`, MessageAttributeNames: ['All'], VisibilityTimeout: 0 };
  const received = async () => {
    const { Messages } = await callJson(endpoint, account, 'AmazonSQS.ReceiveMessage', request);
    return (Messages as { Body: string; MessageAttributes: object }[] | undefined)?.[0];
  };
  await expect.poll(received, { timeout: 30_000 }).toBeDefined();
  const message = await received();
  expect(JSON.parse(String(message?.Body))).toEqual(event);
  expect(message?.MessageAttributes).toMatchObject({ ErrorMessage: { StringValue: 'a secret reason' } });
});

describe('AWS refuses', () => {
  const refused = async (name: string, resources: Record<string, object>) => {
    const { status, failures } = await stacks.create(name, { resources });
    expect(status).toBe('ROLLBACK_COMPLETE');
    return failures.join('\n');
  };
  const function_ = (more: object, service = 'lambda') => ({
    Role: role(service),
    Function: lambda(handler, more),
  });

  test.each([
    ['runtime', { Runtime: 'nodejs99.x' }, "Value 'nodejs99.x' at 'runtime' failed"],
    ['timeout', { Timeout: 901 }, "Value '901' at 'timeout' failed"],
    ['memory', { MemorySize: 64 }, "Value '64' at 'memorySize' failed"],
    ['variable', { Environment: { Variables: { AWS_REGION: 'x' } } }, 'Reserved keys used in this request: AWS_REGION'],
    ['environment', { Environment: { Variables: { LONG: 'x'.repeat(4096) } } }, 'exceeded the 4KB limit'],
    ['concurrency', { ReservedConcurrentExecutions: 901 }, 'below its minimum value of [100]'],
    ['bucket', { Code: { S3Bucket: 'none', S3Key: 'none.zip' } }, 'S3 Error Code: NoSuchBucket'],
  ])('a function with a wrong %s', async (name, more, message) => {
    expect(await refused(`wrong-${name}`, function_(more))).toContain(message);
  });

  test('a permission for a function that does not exist', async () => {
    const permission = {
      Type: 'AWS::Lambda::Permission',
      Properties: { Action: 'lambda:InvokeFunction', FunctionName: 'none', Principal: 'apigateway.amazonaws.com' },
    };
    expect(await refused('no-function', { Permission: permission })).toContain('Function not found');
  });

  test('a stage that logs where the account has no role for that', async () => {
    const settings = [{ ResourcePath: '/*', HttpMethod: '*', LoggingLevel: 'INFO' }];
    const failures = await refused('logs', { ...function_({}), ...hook({ settings }) });
    expect(failures).toContain('CloudWatch Logs role ARN must be set in account settings to enable logging');
  });

  test('a deployment of an API without methods, and one whose integration waits too long', async () => {
    const { Post, ...others } = hook({ permission: false });
    const bare = { ...others, Deployment: { ...others.Deployment, DependsOn: 'Hook' } };
    expect(await refused('bare', bare)).toContain("doesn't contain any methods");
    const failures = await refused('patient', { ...function_({}), ...hook({ timeout: 29_001 }) });
    expect(failures).toContain('Timeout should be between 50 ms and 29000 ms');
    expect(Post.Type).toBe('AWS::ApiGateway::Method');
  });
});
