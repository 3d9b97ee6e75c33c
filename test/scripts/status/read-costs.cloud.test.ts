import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import type { EnvironmentTarget } from '../../../scripts/platform/targets.ts';
import { billedPeriod } from '../../../scripts/status/fleet/fleet-costs.ts';
import { readCosts } from '../../../scripts/status/fleet/read-costs.ts';
import { showFleet } from '../../../scripts/status/fleet/show-fleet.ts';
import { countCalls } from '../../bench/count-calls.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform } from '../../builders/platform.ts';
import { platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';

/** The bill of an account, as AWS shows it to who may look. */

const now = new Date();
const { Start } = billedPeriod(now);
const [last, current] = [Start.slice(0, 7), now.toISOString().slice(0, 7)];
const tags = (environment: string, tenant?: string) => ({
  'vendhost:environment': environment,
  ...(tenant === undefined ? {} : { 'vendhost:tenant': tenant }),
});

async function putBill(account: string, bill: object) {
  const s3 = await cloudAccount(account).aws.s3();
  await s3.send(new PutObjectCommand({ Bucket: 'any', Key: '.local-cloud/world', Body: JSON.stringify({ bill }) }));
}

/** Runs with the account's bill, and counts the calls. */
async function costsIn(account: string, bill: object | undefined, environments: readonly ('dev' | 'staging')[]) {
  const { env, endpoint } = cloudAccount(account);
  if (bill !== undefined) await putBill(account, bill);
  const { address, counts, close } = await countCalls(endpoint);
  try {
    const runtime = recorder({ ...env, AWS_ENDPOINT_URL: address });
    const target = (environment: 'dev' | 'staging' | 'production', costs: boolean) =>
      ({ environment, config: { account, region: 'eu-west-1', costs }, aws: openAws(runtime) }) as EnvironmentTarget;
    const targets = [...environments.map((each) => target(each, true)), target('production', false)];
    return { bills: await readCosts(runtime, targets, now), counts: counts() };
  } finally {
    close();
  }
}

test('one request a page for the account, all pages, and nothing of other accounts', async () => {
  const account = '194000000001';
  const row = (month: string, amount: string, own: object) => ({ month, account, amount, tags: own });
  const bill = {
    ...{ activeTags: ['vendhost:tenant', 'vendhost:environment'], final: [last], perPage: 2 },
    costs: [
      row(last, '10.5', tags('dev', 'shop')),
      row(last, '1.25', tags('dev', 'shop')),
      row(last, '64.88', tags('dev')),
      row(last, '5', {}),
      row(current, '3', tags('staging', 'shop')),
      { ...row(last, '99', tags('dev', 'shop')), account: '194000000009' },
    ],
  };
  const { bills, counts } = await costsIn(account, bill, ['dev', 'staging']);
  const group = (tenant: string, environment: string, amount: string) => ({ tenant, environment, amount, unit: 'USD' });
  const value = [
    {
      ...{ month: last, isEstimated: false },
      groups: [group('', '', '5'), group('', 'dev', '64.88'), group('shop', 'dev', '11.75')],
    },
    { month: current, isEstimated: true, groups: [group('shop', 'staging', '3')] },
  ];
  expect(bills).toEqual(
    new Map([
      ['dev', { value }],
      ['staging', { value }],
    ]),
  );
  expect(counts).toEqual({ GetCostAndUsage: 2 });
});

test.each([
  ['Cost Explorer was never opened', '194000000002', undefined, /DataUnavailableException.*Data is not available/],
  [
    'the payer lets no member look',
    '194000000003',
    { costs: [], activeTags: [], denied: true },
    /cost explorer access/,
  ],
])("%s: unknown, with AWS's reason", async (_, account, bill, reason) => {
  const { bills } = await costsIn(account, bill, ['dev']);
  expect(bills.get('dev')).toEqual({ unknown: expect.stringMatching(reason) });
});

test('a tag that the payer did not activate is empty in every group', async () => {
  const account = '194000000004';
  const costs = [{ month: last, account, amount: '7', tags: tags('dev', 'shop') }];
  const { bills } = await costsIn(account, { costs, activeTags: ['vendhost:environment'] }, ['dev']);
  expect(bills.get('dev')).toMatchObject({
    value: [
      { month: last, groups: [{ tenant: '', environment: 'dev', amount: '7' }] },
      { month: current, groups: [] },
    ],
  });
});

test('who did not ask for costs pays for no request', async () => {
  const { bills, counts } = await costsIn('194000000005', undefined, []);
  expect([bills.size, counts]).toEqual([0, {}]);
});

test('platform fleet has them where platform.yml says so', async () => {
  const account = '194000000006';
  const { directory, writePlatform } = await platformRepository(account);
  await writePlatform({ dev: { costs: true } });
  await makePlatform(cloudAccount(account));
  const shared = { month: last, account, amount: '64.88', tags: tags('dev') };
  const bill = {
    costs: [shared, { ...shared, tags: tags('dev', 'shop') }],
    activeTags: Object.keys(tags('dev', 'shop')),
  };
  await putBill(account, { ...bill, final: [last] });
  const runtime = cloudAccount(account).runtime();
  await showFleet(runtime, { directory, environment: 'dev', page: undefined });
  const months = JSON.parse(runtime.printed()).shared[0].costs.value;
  expect(months[0]).toEqual({ month: last, isEstimated: false, cost: { value: { amount: '64.88', unit: 'USD' } } });
});
