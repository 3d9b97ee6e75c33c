import { describe, expect, test } from 'vitest';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { keys } from '../../../scripts/config/names.ts';
import { hostClaimSchema } from '../../../scripts/config/stored.ts';
import { HostClaims, planClaims } from '../../../scripts/tenant/host-claims.ts';
import { memoryBucket } from '../../builders/memory-bucket.ts';

describe('planClaims', () => {
  test('claims free hosts, keeps its own, releases its unwanted ones, and leaves those of others', () => {
    const owners = new Map([
      ['b.example.com', 'shop'],
      ['c.example.com', 'shop'],
      ['d.example.com', 'blog'],
    ]);
    expect(planClaims('shop', ['a.example.com', 'b.example.com'], owners)).toEqual({
      claim: ['a.example.com'],
      keep: ['b.example.com'],
      release: ['c.example.com'],
    });
  });

  test("names every host that is another tenant's, and its owner", () => {
    const owners = new Map([
      ['a.example.com', 'blog'],
      ['b.example.com', 'shop'],
      ['c.example.com', 'wiki'],
    ]);
    expect(() => planClaims('shop', ['a.example.com', 'b.example.com', 'c.example.com'], owners)).toThrow(
      expect.objectContaining({
        code: 'HOST_TAKEN',
        message: 'a.example.com, c.example.com belong to another tenant; nothing was changed',
        details: ['a.example.com belongs to blog', 'c.example.com belongs to wiki'],
      }),
    );
  });

  test("refuses what overlaps another's claim, whichever of the two is the wildcard", () => {
    const owners = new Map([
      ['*.cart.example.com', 'blog'],
      ['a.shop.example.com', 'wiki'],
    ]);
    expect(() => planClaims('shop', ['*.shop.example.com', 'b.a.cart.example.com'], owners)).toThrow(
      expect.objectContaining({
        code: 'HOST_TAKEN',
        details: [
          '*.shop.example.com overlaps a.shop.example.com, which belongs to wiki',
          'b.a.cart.example.com overlaps *.cart.example.com, which belongs to blog',
        ],
        hint: expect.stringContaining('vendhost tenant vend wiki,blog,shop'),
      }),
    );
  });

  test('an existing overlap stops no later vend', () => {
    const owners = new Map([
      ['*.shop.example.com', 'shop'],
      ['a.shop.example.com', 'wiki'],
    ]);
    const plan = { claim: [], keep: ['*.shop.example.com'], release: [] };
    expect(planClaims('shop', ['*.shop.example.com'], owners)).toEqual(plan);
  });
});

/** A bucket with the claims of many tenants, and the calls of a plan. */
async function planned(tenants: number, recorded: readonly string[] = []) {
  const bucket = memoryBucket(async () => undefined);
  for (let number = 1; number <= tenants; number += 1) {
    await new HostClaims(bucket.writer().aws, 'bucket', `t-${number}`).claim([`a.t-${number}.example.com`]);
  }
  const own = new HostClaims(bucket.writer().aws, 'bucket', 'shop');
  await own.claim(['kept.example.com', 'left.example.com']);
  const writer = bucket.writer();
  const wanted = ['kept.example.com', 'new.example.com'];
  const plan = await new HostClaims(writer.aws, 'bucket', 'shop').plan(wanted, { recorded });
  return { plan, calls: writer.calls() };
}

describe('the calls of a plan', () => {
  test('do not grow with the tenants: two lists, and a read for each claim that matters', async () => {
    const expected = {
      plan: { claim: ['new.example.com'], keep: ['kept.example.com'], release: ['left.example.com'] },
      calls: 3,
    };
    expect(await planned(0)).toEqual(expected);
    expect(await planned(300)).toEqual(expected);
  });

  test('a recorded host that another tenant now has is read, and stays with that tenant', async () => {
    const { plan, calls } = await planned(1, ['a.t-1.example.com', 'kept.example.com']);
    expect([plan.release, calls]).toEqual([['left.example.com'], 4]);
  });
});

test('the next vend lists what an older version claimed, so that it can be released later', async () => {
  const bucket = memoryBucket(async () => undefined);
  const older = new ConditionalObjects(bucket.writer().aws, 'bucket', hostClaimSchema);
  for (const host of ['a.example.com', 'b.example.com']) {
    await older.create(keys.hostClaim(host), { host, tenant: 'shop' });
  }
  const claims = new HostClaims(bucket.writer().aws, 'bucket', 'shop');
  const first = await claims.plan(['a.example.com'], { recorded: ['a.example.com', 'b.example.com'] });
  expect(first).toEqual({ claim: [], keep: ['a.example.com'], release: ['b.example.com'] });
  await claims.keep(['a.example.com']);
  expect(await claims.plan([])).toEqual({ claim: [], keep: [], release: ['a.example.com'] });
});
