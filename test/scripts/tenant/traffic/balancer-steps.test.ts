import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BalancerFacts,
  type BalancerLevel,
  planBalancers,
} from '../../../../scripts/tenant/traffic/balancer-steps.ts';

const settled: BalancerFacts = { wanted: 1, groups: [1], attached: [1], healthy: [1], dns: 1 };
const only = (number: number) => ({ groups: [number], rules: [number], attach: [number] });
const both = { groups: [1, 2], rules: [1, 2], attach: [1, 2] };

describe('planBalancers', () => {
  test('who stays where it is has one of everything', () => {
    expect(planBalancers(settled)).toEqual(only(1));
  });

  test.each<[string, Partial<BalancerFacts>, BalancerLevel]>([
    [
      'the first vend makes the new target group and its rules, and the old ones stay',
      {},
      { ...both, waitsFor: 'provision' },
    ],
    ['attached, not healthy yet', { groups: [1, 2], attached: [1, 2] }, { ...both, waitsFor: 'health' }],
    [
      'healthy in both: a person changes the DNS',
      { groups: [1, 2], attached: [1, 2], healthy: [1, 2] },
      { ...both, waitsFor: 'dns' },
    ],
    [
      'where DNS leads is not known: nothing goes',
      { groups: [1, 2], attached: [1, 2], healthy: [1, 2], dns: undefined },
      { ...both, waitsFor: 'dns' },
    ],
    [
      'DNS has moved: the old rules go, its target group when nothing is attached to it',
      { groups: [1, 2], attached: [1, 2], healthy: [1, 2], dns: 2 },
      { groups: [1, 2], rules: [2], attach: [2], waitsFor: 'provision' },
    ],
    ['detached: the old target group goes', { groups: [1, 2], attached: [2], healthy: [2], dns: 2 }, only(2)],
    [
      'DNS moved too early: the old ones stay until the new one is healthy',
      { groups: [1, 2], attached: [1, 2], dns: 2 },
      { ...both, waitsFor: 'health' },
    ],
  ])('%s', (_title, facts, level) => {
    expect(planBalancers({ ...settled, wanted: 2, ...facts })).toEqual(level);
  });
});

type Action = 'vend' | 'provision' | 'instances pass' | 'person moves the DNS' | { readonly wants: number };

/** The world after an action; a person moves the DNS only when it is waited for. */
function after(world: { facts: BalancerFacts; level: BalancerLevel }, action: Action): typeof world {
  const { facts, level } = world;
  if (typeof action === 'object') return { facts: { ...facts, wanted: action.wants }, level };
  if (action === 'vend') {
    const next = planBalancers(facts);
    return { facts: { ...facts, groups: next.groups }, level: next };
  }
  if (action === 'provision') {
    const healthy = facts.healthy.filter((number) => level.attach.includes(number));
    return { facts: { ...facts, attached: level.attach, healthy }, level };
  }
  if (action === 'instances pass') return { facts: { ...facts, healthy: facts.attached }, level };
  const isAsked = planBalancers(facts).waitsFor === 'dns' && level.rules.includes(facts.wanted);
  return isAsked ? { facts: { ...facts, dns: facts.wanted }, level } : world;
}

test('whatever happens in whatever order, the load balancer that DNS leads to has rules and healthy instances, and it ends where the file says', () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Action>('vend', 'provision', 'instances pass', 'person moves the DNS') },
    { weight: 1, arbitrary: fc.constantFrom(1, 2, 3).map((wants): Action => ({ wants })) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      let world = { facts: settled, level: only(1) as BalancerLevel };
      const round: Action[] = [
        'vend',
        'provision',
        'instances pass',
        'vend',
        'person moves the DNS',
        'vend',
        'provision',
        'vend',
      ];
      for (const each of [...actions, ...round, ...round]) {
        world = after(world, each);
        const { facts, level } = world;
        for (const has of [level.rules, facts.groups, facts.attached, facts.healthy]) expect(has).toContain(facts.dns);
        for (const attached of facts.attached) expect(facts.groups).toContain(attached);
      }
      const { wanted } = world.facts;
      expect(world).toEqual({
        facts: { wanted, groups: [wanted], attached: [wanted], healthy: [wanted], dns: wanted },
        level: only(wanted),
      });
    }),
    { numRuns: 500, seed: 1 },
  );
});
