import { expect, test } from 'vitest';
import { Output } from '../../../../scripts/output.ts';
import type { HostMove } from '../../../../scripts/tenant/moves/order-vends.ts';
import { type StepOptions, vendInOrder } from '../../../../scripts/tenant/moves/vend-steps.ts';

const out = new Output({ stdout: () => undefined, stderr: () => undefined, json: false });
const move = (host: string, from: string, to: string): HostMove => ({ environment: 'dev', host, from, to });

/** Vends tenants of which some fail, before or after they are ready; tells what each was asked and how it ended. */
async function vend(tenants: readonly string[], moves: readonly HostMove[], failing: Record<string, 'early' | 'late'>) {
  const asked: string[] = [];
  const hosts = (all: StepOptions['still']) => (all ?? []).map(({ host }) => host).join(' ');
  const one = async (tenant: string, { without, still, coming, free }: StepOptions) => {
    asked.push(`${tenant} without [${hosts(without)}] still [${hosts(still)}] coming [${hosts(coming)}]`);
    if (failing[tenant] === 'early') return `${tenant} failed`;
    await free?.();
    return failing[tenant] === 'late' ? `${tenant} failed` : tenant;
  };
  const ended = await vendInOrder({ out, moves, vend: one }, tenants);
  return { asked, ended };
}

test('a failing tenant does not stop the others; those that would give it a host keep it', async () => {
  const chain = [move('a', 'bank', 'shop'), move('b', 'shop', 'wiki')];
  const tenants = ['bank', 'cafe', 'shop', 'wiki'];
  expect(await vend(tenants, chain, { wiki: 'early', cafe: 'early' })).toEqual({
    asked: [
      'cafe without [] still [] coming []',
      'wiki without [] still [] coming [b]',
      'shop without [] still [b] coming [a]',
      'bank without [] still [] coming []',
    ],
    ended: ['cafe failed', 'bank', 'shop', 'wiki failed'],
  });
});

test("a giver has released its host when the taker fails after that: it does not keep another tenant's host", async () => {
  const { asked, ended } = await vend(['blog', 'shop'], [move('a', 'blog', 'shop')], { shop: 'late' });
  expect(asked).toEqual(['shop without [] still [] coming [a]', 'blog without [] still [] coming []']);
  expect(ended).toEqual(['blog', 'shop failed']);
});

test('after a failed giver the taker still has its turn, and finds the host in use', async () => {
  expect((await vend(['blog', 'shop'], [move('a', 'blog', 'shop')], { blog: 'early' })).ended).toEqual([
    'blog failed',
    'shop',
  ]);
});
