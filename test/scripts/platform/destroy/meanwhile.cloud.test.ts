import { ListOpenIDConnectProvidersCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, inject, test } from 'vitest';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { Stacks } from '../../../builders/stacks.ts';
import { clientConfig } from '../../../local-cloud/clients.ts';
import { accountEnvironment } from '../../../local-cloud/start.ts';
import { vendhost } from '../../command-line.ts';
import { justAfter, justBefore, type Meddler, wire } from '../../wire.ts';
import { type PlatformOwner, platformOwner } from '../operator.ts';

const account = '710000000061';
const cloud = inject('localCloud');
let repository: PlatformRepository;
let owner: PlatformOwner;
beforeAll(async () => {
  repository = await platformRepository(account, { production: account });
  owner = platformOwner(repository.directory, account);
});

/** Destroys dev while somebody meddles between two calls. */
async function destroy(meddle: Meddler) {
  const env = { ...accountEnvironment(cloud, account), AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) };
  return await vendhost(['platform', 'destroy', '--environment', 'dev'], { env, cwd: repository.directory });
}

async function providers(): Promise<number> {
  const { OpenIDConnectProviderList = [] } = await (await owner.aws().iam()).send(
    new ListOpenIDConnectProvidersCommand({}),
  );
  return OpenIDConnectProviderList.length;
}

test('the provider stays for an environment that is deployed while another is destroyed', async () => {
  const stacks = new Stacks(clientConfig(cloud.endpoint, account));
  const topic = { Topic: { Type: 'AWS::SNS::Topic' } };
  const Url = 'https://gitlab.example.test';
  const provider = { Type: 'AWS::IAM::OIDCProvider', Properties: { Url, ClientIdList: [Url] } };
  await stacks.create('vendhost-gitlab', { resources: { Provider: provider } });
  await stacks.create('vendhost-dev-access', { resources: topic });
  const deployed = justBefore('DeleteStack', () => stacks.create('vendhost-staging-access', { resources: topic }));
  const { code, stderr } = await destroy(deployed);
  expect([code, await providers()]).toEqual([0, 1]);
  expect(stderr).not.toContain('deleting vendhost-gitlab');
  await stacks.delete('vendhost-staging-access');
  expect((await destroy((_call, next) => next())).code).toBe(0);
  expect(await providers()).toBe(0);
});

test('what is written to a bucket after it was emptied goes too', async () => {
  const Bucket = `vendhost-dev-${account}-eu-west-1`;
  const s3 = await owner.aws().s3();
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'logs/1', Body: 'first' }));
  const delivered = justAfter(/^POST .*\?delete/, () =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'logs/2', Body: 'x' })),
  );
  const again = justBefore(/^DELETE \/vendhost-dev-\d+-eu-west-1\//, () =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'logs/3', Body: 'last' })),
  );
  const { code } = await destroy((call, next) => delivered(call, (body) => again(call, () => next(body))));
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  expect([code, Buckets.map(({ Name }) => Name)]).toEqual([0, []]);
});
