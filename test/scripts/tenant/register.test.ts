import { describe, expect, test } from 'vitest';
import { environmentOf } from '../../../scripts/config/files.ts';
import { names } from '../../../scripts/config/names.ts';
import { platformSchema } from '../../../scripts/config/platform.ts';
import { tenantSchema } from '../../../scripts/config/tenant.ts';
import { listenerId } from '../../../scripts/listener/priority-claim.ts';
import { registerFindings } from '../../../scripts/merge-request/platform/register-section.ts';
import { chosenHere, compareRegister, type Register } from '../../../scripts/tenant/register/compare-register.ts';
import type { DeployedTenants } from '../../../scripts/tenant/register/read-deployed.ts';
import { registerLines } from '../../../scripts/tenant/register/register-lines.ts';
import { movesIn, questioned } from '../../../scripts/tenant/register/register-moves.ts';
import { markReasons, vendKey, vendKeyText } from '../../../scripts/tenant/register/vend-key.ts';
import { environmentConfig, facts } from '../../builders/sample.ts';

const environment = 'dev';
const platform = platformSchema.parse({
  name: 'lanterns',
  gitlab: 'https://gitlab.example.com',
  environments: { dev: environmentConfig('dev', '111111111111') },
});
const config = environmentOf(platform, environment);
const library = '0.1.0+1a2b3c4d5e6f';
const tenant = (name: string, changes: object = {}) =>
  tenantSchema.parse({ project: `acme/${name}`, hosts: { dev: [`${name}.dev.example.com`] }, ...changes });
const record = (name: string) => JSON.stringify({ tenant: name, hosts: [`${name}.dev.example.com`] });

function keyOf(name: string, changes: { file?: object; library?: string; record?: string } = {}) {
  const file = tenant(name, changes.file);
  const chosen = chosenHere({ environment, config }, file);
  if (chosen === undefined) throw new Error(`no hosts of ${name}`);
  const inputs = { tenant: file, platform, chosen, facts, library: changes.library ?? library };
  return vendKey(inputs, changes.record ?? record(name));
}

/** An environment in which these tenants were vended. */
function deployed(vended: readonly string[], changes: Partial<DeployedTenants> = {}): DeployedTenants {
  const values = Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : String(value)]),
  );
  return {
    facts: { value: { environment, region: 'eu-west-1', values } },
    records: { value: new Map(vended.map((name) => [name, record(name)])) },
    stacks: {
      value: new Map(
        vended.flatMap((name) =>
          (['access', 'entry'] as const).map(
            (layer) => [names.tenantStack({ environment, tenant: name }, layer), 'CREATE_COMPLETE'] as const,
          ),
        ),
      ),
    },
    marks: { value: new Map(vended.map((name) => [name, [vendKeyText(keyOf(name))]])) },
    hosts: { value: new Set(vended.map((name) => `${name}.dev.example.com`)) },
    bands: {
      value: vended.map((name) => {
        return { listener: listenerId({ listenerArn: facts['listener-arn'] }), tenant: name, band: 'exact' };
      }),
    },
    ...changes,
  };
}

function compare(files: Register['files'], found: DeployedTenants, owners: Register['owners'] = { value: new Map() }) {
  return compareRegister({ environment, config, platform, files, deployed: found, owners, library });
}
const shop = { tenant: 'shop', config: tenant('shop') };

describe('the register beside an environment', () => {
  test('a tenant is as wanted, new, to retire, or in no row', () => {
    const elsewhere = { tenant: 'far', config: tenant('far', { hosts: { staging: ['far.staging.example.com'] } }) };
    expect(compare([shop, { tenant: 'blog', config: tenant('blog') }, elsewhere], deployed(['shop', 'old']))).toEqual([
      { tenant: 'blog', environment, state: 'new', reasons: [] },
      {
        tenant: 'old',
        environment,
        state: 'retire',
        reasons: [
          'it has a record',
          'there is vendhost-dev-old-access',
          'there is vendhost-dev-old-entry',
          'it has numbers of listener rules',
        ],
      },
      { tenant: 'shop', environment, state: 'as wanted', reasons: [] },
    ]);
  });

  test.each<[string, Partial<DeployedTenants>, readonly string[]]>([
    ['no mark', { marks: { value: new Map() } }, ['no vend has finished']],
    ['two marks', { marks: { value: new Map([['shop', ['a', 'b']]]) } }, ['two vends ended at the same time']],
    [
      'another record',
      { records: { value: new Map([['shop', '{"hosts":["shop.dev.example.com"]}']]) } },
      ['its record has changed since it was vended'],
    ],
    [
      'a stack that failed, and one that is missing',
      { stacks: { value: new Map([['vendhost-dev-shop-access', 'UPDATE_ROLLBACK_COMPLETE']]) } },
      ['vendhost-dev-shop-access is UPDATE_ROLLBACK_COMPLETE', 'vendhost-dev-shop-entry is missing'],
    ],
    ['no claim', { hosts: { value: new Set() } }, ['nobody claimed shop.dev.example.com']],
    [
      'a number left',
      { bands: { value: [{ listener: 'x', tenant: 'shop', band: 'exact' }] } },
      ['it still has a number for exact hosts on x'],
    ],
  ])('%s', (_, changes, reasons) => {
    expect(compare([shop], deployed(['shop'], changes))).toEqual([
      { tenant: 'shop', environment, state: 'changed', reasons },
    ]);
  });

  test('a host removed from the file must be released, although a dead vend removed it from the record', () => {
    const found = deployed(['shop'], { hosts: { value: new Set(['shop.dev.example.com', 'was.dev.example.com']) } });
    const owners = { value: new Map([['was.dev.example.com', 'shop']]) };
    expect(compare([shop], found, owners)).toMatchObject([{ reasons: ['it still claims was.dev.example.com'] }]);
  });

  test('unreadable data makes no tenant as wanted; a known difference still counts as changed', () => {
    const stacks = { unknown: 'ACCESS_DENIED: no' };
    expect(compare([shop], deployed(['shop'], { stacks }))).toEqual([
      { tenant: 'shop', environment, state: 'unknown', reasons: ['stacks: ACCESS_DENIED: no'] },
    ]);
    const found = deployed(['shop'], { stacks, hosts: { value: new Set() } });
    expect(compare([shop], found)).toMatchObject([{ state: 'changed' }]);
    const records = { unknown: 'AWS_THROTTLED: slow' };
    expect(compare([shop], deployed(['shop'], { records }))).toMatchObject([{ state: 'unknown' }]);
  });

  test('a file that is not valid retires nobody', () => {
    expect(compare([{ tenant: 'shop' }], deployed(['shop']))).toMatchObject([{ state: 'unknown' }]);
  });
});

test('a key shows which of its parts differs; the order of keys in a file does not matter', () => {
  const mark = [vendKeyText(keyOf('shop'))];
  expect(markReasons(mark, keyOf('shop'))).toEqual([]);
  expect(markReasons(mark, keyOf('shop', { file: { port: { staging: 3000 } } }))).toEqual([]);
  expect(markReasons(mark, keyOf('shop', { file: { port: 3000 }, library: 'x' }))).toEqual([
    'its file has changed since it was vended',
    'another version of Vendhost vended it',
  ]);
  expect(markReasons(['of-another-version'], keyOf('shop'))).toEqual(['another version of Vendhost vended it']);
});

test('people read what must be done, and by whom', () => {
  const rows = compare([shop, { tenant: 'blog', config: tenant('blog') }], deployed(['shop', 'old']));
  const plan = { environment, rows, moves: [], unread: [] } as const;
  expect(registerLines(plan)).toEqual([
    'dev: 3 tenants: 1 new, 1 to retire',
    '  blog: new',
    '    next: vendhost tenant vend blog --environment dev',
    '  old: to retire: it has a record; there is vendhost-dev-old-access; there is vendhost-dev-old-entry; it has numbers of listener rules',
    '    next: vendhost tenant retire old --environment dev',
  ]);
  const next = (vending: 'people' | 'jobs') => registerFindings('x', plan, vending).map((finding) => finding.next);
  expect(next('jobs')).toEqual([
    'nothing: after the merge, the job vend-dev vends it',
    'after the merge, an administrator runs: vendhost tenant retire old --environment dev',
  ]);
  expect(next('people')[0]).toBe('after the merge, an administrator runs: vendhost tenant vend blog --environment dev');
});

describe('hosts that move', () => {
  const www = 'www.dev.example.com';
  const blog = { tenant: 'blog', config: tenant('blog', { hosts: { dev: ['blog.dev.example.com', www] } }) };
  const recorded = (hosts: readonly string[]) => ({ value: new Map([['shop', JSON.stringify({ hosts })]]) });
  const hosts = { value: new Set(['shop.dev.example.com', www, 'lost.dev.example.com']) };
  const owners = (of: Record<string, string>): Register['owners'] => ({ value: new Map(Object.entries(of)) });

  test("owners are read of claims without a record, and of those removed from the recording tenant's file", () => {
    const found = deployed(['shop'], { hosts, records: recorded(['shop.dev.example.com', www]) });
    expect(questioned({ environment, config }, [shop, blog], found)).toEqual(['lost.dev.example.com', www]);
  });

  test('they move by their claims: from who holds them and no longer has them in its file', () => {
    const found = deployed(['shop'], { hosts, records: recorded(['shop.dev.example.com', www]) });
    const register = { environment, config, platform, files: [shop, blog], deployed: found, library } as const;
    const move = { environment, host: www, from: 'shop', to: 'blog' };
    expect(movesIn({ ...register, owners: owners({ [www]: 'shop' }) })).toEqual([move]);
    expect(movesIn({ ...register, owners: owners({ [www]: 'gone' }) })).toEqual([]);
    expect(movesIn({ ...register, owners: { unknown: 'ACCESS_DENIED: no' } })).toEqual([]);
  });

  test('people vend together the tenants between which hosts move', () => {
    const rows = [
      { tenant: 'blog', environment, state: 'new', reasons: [], together: ['blog', 'shop'] },
      {
        tenant: 'shop',
        environment,
        state: 'changed',
        reasons: [`it still claims ${www}`],
        together: ['blog', 'shop'],
      },
    ] as const;
    const moves = [{ environment, host: www, from: 'shop', to: 'blog' }] as const;
    expect(registerLines({ environment, rows, moves, unread: [] })).toEqual([
      'dev: 2 tenants: 1 new, 1 changed',
      `  ${www} moves from shop to blog`,
      '  blog: new',
      '    next: vendhost tenant vend blog,shop --environment dev',
      `  shop: changed: it still claims ${www}`,
      '    next: vendhost tenant vend blog,shop --environment dev',
    ]);
  });
});
