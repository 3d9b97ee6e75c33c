import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { keys, names } from '../../../../scripts/config/names.ts';
import { listenerId } from '../../../../scripts/listener/priority-claim.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { platformStatus } from '../../../../scripts/platform/status/platform-status.ts';
import type { CloudAccount } from '../../../builders/account.ts';
import { makeRule } from '../../../builders/balancer.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { putParameter } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { tenantRecord } from '../../../builders/sample.ts';
import { Stacks } from '../../../builders/stacks.ts';
import { clientConfig } from '../../../local-cloud/clients.ts';

/** With IAM enforced: a job of any branch of the platform's project asks for the status, with the role that only reads. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '710000000091';
const own = { project: 'acme/platform' };
const place = { environment: 'dev', tenant: 'shop' };
const record = tenantRecord(place, account);
const host = 'shop.dev.example.com';

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let person: CloudAccount;
let bucket: string;
let listener: string;
let vpc: string;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({}, own);
  await repository.writeTenant('shop', { project: record.project, hosts: { dev: [host] } });
  person = enforcing.person(account);
  const where = { directory: repository.directory, environment: 'dev' } as const;
  await deployPlatform(person.runtime(), { ...where, dryRun: false });
  ({ bucket, 'listener-arn': listener, 'vpc-id': vpc } = await readPlatformFacts(person.aws, 'dev'));
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

const claim = async (key: string, value: object) =>
  (await person.aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: JSON.stringify(value) }));
const number = (priority: number) => keys.priorityClaim(listenerId({ listenerArn: listener }), priority);
const stacks = () => new Stacks(clientConfig(enforcing.cloud.endpoint, account));

/** A stack of a tenant with one rule. */
async function provision(stack: string, host: string, priority: number): Promise<void> {
  const rule = {
    Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
    Properties: {
      ListenerArn: listener,
      Priority: priority,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: { Ref: 'Targets' } }],
    },
  };
  const Targets = {
    Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    Properties: { VpcId: vpc, Port: 8080, Protocol: 'HTTP', TargetType: 'instance' },
  };
  const { status, failures } = await stacks().create(stack, { resources: { Rule: rule, Targets } });
  expect({ status, failures }).toEqual({ status: 'CREATE_COMPLETE', failures: [] });
}

async function status() {
  const runtime = await enforcing.job({ projectPath: own.project, ref: 'feature' });
  const code = await platformStatus(runtime, { directory: repository.directory, environment: 'dev' });
  const { healthy, environments } = JSON.parse(runtime.printed());
  return { code, healthy, ownership: environments[0].ownership };
}

// One story: each test stands on the one before.
test('a tenant whose file, record, claims and rule agree is healthy', async () => {
  await putParameter(person.aws, names.tenantRecord(place), JSON.stringify(record));
  await claim(keys.hostClaim(host), { host, tenant: 'shop' });
  await claim(number(1), { tenant: 'shop', priority: 1 });
  await provision(names.tenantStack(place, 'entry'), host, 1);
  expect(await status()).toEqual({
    code: undefined,
    healthy: true,
    ownership: { compared: true, rules: 1, claims: 2, records: 1, files: 1, maintenance: [], differences: [] },
  });
});

test('what somebody did by hand is named, and exit code 2', async () => {
  await makeRule(person.aws, listener, 2, 'by-hand');
  await claim(keys.hostClaim('gone.dev.example.com'), { host: 'gone.dev.example.com', tenant: 'gone' });
  await claim(keys.priorityClaim('gone', 1), { tenant: 'shop', priority: 1 });
  await repository.writeTenant('shop', {
    project: record.project,
    hosts: { dev: [host] },
    limits: { max_instances: 2 },
  });
  const { code, healthy, ownership } = await status();
  expect([code, healthy]).toEqual([2, false]);
  expect(ownership.differences.map(({ kind, text }: { kind: string; text: string }) => [kind, text])).toEqual([
    [
      'RULE_WITHOUT_STACK',
      "rule 2 of vendhost-dev-balancer (by-hand.example.com) is in no tenant's stack; it forwards to by-hand",
    ],
    ['CLAIM_WITHOUT_RECORD', 'gone claimed gone.dev.example.com and has no record in dev'],
    ['CLAIM_WITHOUT_LISTENER', 'claims/listener/gone/ has claims on a listener that the environment does not publish'],
    ['RECORD_DIFFERS', 'shop: limits.max_instances is 4 in the record, 2 in the file'],
  ]);
});

test("a rule that a tenant's stack makes for another tenant's host is named, and a claim that was written over", async () => {
  await provision('vendhost-dev-blog-entry', host, 3);
  const junk = { Bucket: bucket, Key: number(4), Body: 'not JSON' };
  await (await person.aws.s3()).send(new PutObjectCommand(junk));
  const { ownership } = await status();
  const texts = ownership.differences.map(({ kind, text }: { kind: string; text: string }) => `${kind}: ${text}`);
  expect(texts).toContain(
    'CLAIM_UNREADABLE: the claim of priority 4 of vendhost-dev-balancer is not as Vendhost writes it',
  );
  expect(texts).toContain(
    `RULE_HOST_OF_ANOTHER: rule 3 of vendhost-dev-balancer (${host}) is in the stack of blog, and shop claimed ${host}`,
  );
  expect(texts).toContain(
    `RULE_PRIORITY_DIFFERS: rule 3 of vendhost-dev-balancer (${host}) is in the stack of blog, and nobody claimed 3; blog claimed no number there`,
  );
});
