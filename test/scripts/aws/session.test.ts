import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paces } from '../../../scripts/aws/poll.ts';
import { openAws } from '../../../scripts/aws/session.ts';
import { packerVariables } from '../../../scripts/image/builder/builder.ts';
import { launchRequest } from '../../../scripts/image/builder/launch.ts';
import { recorder } from '../../builders/recorder.ts';
import { parts } from '../image/parts.ts';

/** Answers instead of AWS: an account with neither stacks nor providers, and every object. */
const requests: IncomingMessage[] = [];
const absent: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  DescribeStacks: [400, 'ValidationError', 'Stack with id vendhost-gitlab does not exist'],
  GetOpenIDConnectProvider: [404, 'NoSuchEntity', 'none'],
};
const server = createServer(async (request, response) => {
  requests.push(request);
  const action = new URLSearchParams((await request.toArray()).join('')).get('Action') ?? '';
  const [status, code, message] = absent[action] ?? [200];
  response.statusCode = status;
  response.end(
    code === undefined
      ? ''
      : `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  );
});
let endpoint: string;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // By name: the SDK treats the address of an IP in another way.
  endpoint = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const own = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: '111111111111', AWS_SECRET_ACCESS_KEY: 'secret' };
const onlyEndpoint = () => recorder({ ...own, AWS_ENDPOINT_URL: endpoint });
const localCloud = () => recorder({ ...own, AWS_ENDPOINT_URL: endpoint, VENDHOST_LOCAL_CLOUD: '1' });

describe('AWS_ENDPOINT_URL alone changes the address only', () => {
  test('AWS keeps its pace', () => {
    expect(openAws(onlyEndpoint())).toMatchObject({ endpoint, isLocalCloud: false, pace: paces.aws });
    expect(openAws(recorder(own))).toMatchObject({ endpoint: undefined, isLocalCloud: false, pace: paces.aws });
  });

  test("the builder stands where AWS's stands and gets its agents from AWS", () => {
    const [there, here] = [openAws(onlyEndpoint()), openAws(recorder(own))];
    expect(launchRequest({ ...parts, aws: there })).toEqual(launchRequest({ ...parts, aws: here }));
    expect(packerVariables({ ...parts, aws: there })).toEqual(packerVariables({ ...parts, aws: here }));
  });

  test('buckets are found below the one address', async () => {
    await (await openAws(onlyEndpoint()).s3()).send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'folder/key' }));
    const { url, headers } = requests.at(-1) as IncomingMessage;
    expect([url, headers.host]).toEqual(['/bucket/folder/key', new URL(endpoint).host]);
  });
});

describe('VENDHOST_LOCAL_CLOUD=1', () => {
  test('says that the endpoint is the local cloud', () => {
    expect(openAws(localCloud())).toMatchObject({ endpoint, isLocalCloud: true, pace: paces.localCloud });
    expect(launchRequest({ ...parts, aws: openAws(localCloud()) })).not.toHaveProperty('UserData');
  });

  test('without an endpoint AWS would be taken for it', () => {
    const env = { ...own, VENDHOST_LOCAL_CLOUD: '1' };
    expect(() => openAws(recorder(env))).toThrow('VENDHOST_LOCAL_CLOUD is 1, but AWS_ENDPOINT_URL is not set');
  });
});

test('every client is as patient, and no silence is waited for without end', async () => {
  const { account: _, credentials: __, ...aws } = openAws(recorder(own));
  const clients = Object.values(aws).filter((each) => typeof each === 'function');
  expect(clients.length).toBeGreaterThan(15);
  for (const open of clients) {
    const { config } = await open();
    expect(await config.maxAttempts()).toBe(5);
    // It has its configuration when it has sent something, and a promise of it before.
    const { configProvider } = config.requestHandler as unknown as { configProvider: Promise<object> };
    expect(await configProvider).toMatchObject({ connectionTimeout: 60_000, socketTimeout: 120_000 });
  }
});
