import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type HeldClaim,
  type HostWish,
  hostMoves,
  orderVends,
  stepGroups,
} from '../../../../scripts/tenant/moves/order-vends.ts';

const environment = 'dev' as const;
const wish = (tenant: string, ...hosts: string[]): HostWish => ({ tenant, environment, hosts });
const held = (host: string, tenant: string): HeldClaim => ({ environment, host, tenant });
const move = (host: string, from: string, to: string) => ({ environment, host, from, to });
const step = (tenant: string, ...without: string[]) => ({
  tenant,
  without: without.map((host) => ({ environment, host })),
});

describe('hostMoves', () => {
  test('a host moves from its holder to the tenant that wants it, when both files say so', () => {
    const wishes = [wish('blog', 'blog.example.com'), wish('shop', 'shop.example.com', 'www.example.com')];
    const claims = [
      held('blog.example.com', 'blog'),
      held('www.example.com', 'blog'),
      held('shop.example.com', 'shop'),
    ];
    expect(hostMoves(wishes, claims)).toEqual([move('www.example.com', 'blog', 'shop')]);
  });

  test('stays with a holder whose file still has it, with one that is not vended, and in another environment', () => {
    const wishes = [wish('blog', 'www.example.com'), wish('shop', 'www.example.com', 'wiki.example.com')];
    const claims = [
      held('www.example.com', 'blog'),
      held('wiki.example.com', 'wiki'),
      { ...held('www.example.com', 'blog'), environment: 'staging' as const },
    ];
    expect(hostMoves(wishes, claims)).toEqual([]);
  });

  test('a claim that only overlaps the wanted host must be released first, too', () => {
    const wishes = [wish('mall', 'mall.example.com'), wish('shop', 'a.shop.example.com')];
    expect(hostMoves(wishes, [held('*.shop.example.com', 'mall')])).toEqual([
      move('*.shop.example.com', 'mall', 'shop'),
    ]);
  });
});

describe('orderVends', () => {
  test('the giver comes before the taker; the others stay in order', () => {
    const moves = [move('a', 'shop', 'blog'), move('b', 'wiki', 'shop')];
    expect(orderVends(['blog', 'cafe', 'shop', 'wiki'], moves)).toEqual([
      step('cafe'),
      step('wiki'),
      step('shop'),
      step('blog'),
    ]);
  });

  test('the taker of a host comes right after its giver', () => {
    const moves = [move('a', 'bank', 'wiki')];
    expect(orderVends(['bank', 'cafe', 'shop', 'wiki'], moves).map(({ tenant }) => tenant)).toEqual([
      'cafe',
      'shop',
      'bank',
      'wiki',
    ]);
  });

  test('of two that swap hosts the first gives, the second does both, the first takes', () => {
    const moves = [move('a', 'blog', 'shop'), move('b', 'shop', 'blog')];
    expect(orderVends(['blog', 'shop'], moves)).toEqual([step('blog', 'b'), step('shop'), step('blog')]);
  });

  test('a tenant that only waits for a circle gives nothing early', () => {
    const moves = [move('a', 'shop', 'blog'), move('b', 'shop', 'wiki'), move('c', 'wiki', 'shop')];
    expect(orderVends(['blog', 'shop', 'wiki'], moves)).toEqual([
      step('shop', 'c'),
      step('blog'),
      step('wiki'),
      step('shop'),
    ]);
  });
});

test("a taker is prepared before its giver's turn, unless it is vended twice", () => {
  const groupsOf = (tenants: string[], moves: ReturnType<typeof move>[]) =>
    stepGroups(orderVends(tenants, moves), moves).map((group) => group.map(({ tenant }) => tenant));
  const chain = [move('a', 'bank', 'shop'), move('b', 'shop', 'wiki')];
  expect(groupsOf(['bank', 'cafe', 'shop', 'wiki'], chain)).toEqual([['cafe'], ['bank', 'shop', 'wiki']]);
  const swap = [move('a', 'blog', 'shop'), move('b', 'shop', 'blog')];
  expect(groupsOf(['blog', 'shop'], swap)).toEqual([['blog', 'shop'], ['blog']]);
});

/** What a vend does to the claims; `false` where another tenant holds what is wanted. */
function vend(claims: Map<string, string>, tenant: string, wanted: readonly string[]): boolean {
  if (wanted.some((host) => (claims.get(host) ?? tenant) !== tenant)) return false;
  for (const [host, owner] of claims) if (owner === tenant && !wanted.includes(host)) claims.delete(host);
  for (const host of wanted) claims.set(host, tenant);
  return true;
}

test('any exchange ends as the files say, with at most one extra step per circle, even after a run that died between two steps', () => {
  const hosts = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.example.com`);
  const tenants = ['bank', 'blog', 'mill', 'shop'];
  const owners = fc.array(fc.constantFrom(...tenants), { minLength: hosts.length, maxLength: hosts.length });
  const run = (claims: Map<string, string>, files: readonly HostWish[], most: number) => {
    const steps = orderVends(
      tenants,
      hostMoves(
        files,
        [...claims].map(([host, tenant]) => held(host, tenant)),
      ),
    );
    expect(steps.length).toBeLessThanOrEqual(2 * tenants.length);
    for (const { tenant, without } of steps.slice(0, most)) {
      const file = files.find((each) => each.tenant === tenant)?.hosts ?? [];
      expect(
        vend(
          claims,
          tenant,
          file.filter((host) => !without.some((each) => each.host === host)),
        ),
      ).toBe(true);
    }
  };
  fc.assert(
    fc.property(owners, owners, fc.nat(8), (before, after, died) => {
      const files = tenants.map((tenant) => wish(tenant, ...hosts.filter((_host, index) => after[index] === tenant)));
      const claims = new Map(hosts.map((host, index) => [host, before[index] ?? '']));
      run(claims, files, died);
      run(claims, files, Number.POSITIVE_INFINITY);
      expect(Object.fromEntries(claims)).toEqual(Object.fromEntries(hosts.map((host, index) => [host, after[index]])));
    }),
    { numRuns: 300, seed: 1 },
  );
});
