import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BalancerFacts,
  type BalancerLevel,
  planBalancers,
} from '../../../../scripts/tenant/traffic/balancer-steps.ts';

const settled = { wanted: 1, serving: 1, others: [], attached: [1], isHealthy: true, isDnsMoved: true };
const moving: BalancerFacts = { ...settled, wanted: 2, isDnsMoved: false };
const attached = { others: [2], attached: [1, 2] };
const both = { entry: [1, 2], attach: [1, 2] };
const only = (number: number): BalancerLevel => ({ entry: [number], attach: [number], serving: number });

describe('planBalancers', () => {
  test('a tenant that does not move has one of everything', () => {
    expect(planBalancers(settled)).toEqual(only(1));
  });

  test.each<[string, Partial<BalancerFacts>, BalancerLevel]>([
    [
      'the first vend makes the new target group and its rules, and the old ones stay',
      {},
      { ...both, serving: 1, waitsFor: 'attach' },
    ],
    ['attached, not healthy yet', { ...attached, isHealthy: false }, { ...both, serving: 1, waitsFor: 'health' }],
    ['healthy in both: a person changes the DNS', attached, { ...both, serving: 2, waitsFor: 'dns' }],
    [
      'DNS leads to the new one: the next provision detaches the instances from the old one',
      { serving: 2, others: [1], attached: [1, 2], isDnsMoved: true },
      { entry: [1, 2], attach: [2], serving: 2, waitsFor: 'detach' },
    ],
    [
      'DNS was seen to lead there, and is not asked again',
      { serving: 2, attached: [1, 2], isHealthy: false },
      { entry: [1, 2], attach: [2], serving: 2, waitsFor: 'detach' },
    ],
    ['detached: the old target group goes with its rules', { serving: 2, attached: [2] }, only(2)],
    [
      'DNS moved too early: the old ones stay until the new one is healthy',
      { ...attached, isHealthy: false, isDnsMoved: true },
      { ...both, serving: 1, waitsFor: 'health' },
    ],
    ['back before the instances were attached to the new one', { wanted: 1, others: [2] }, only(1)],
    [
      'back after that: DNS may lead to the new one already',
      { wanted: 1, ...attached },
      { ...both, serving: 1, waitsFor: 'dns' },
    ],
    [
      'to a third one in between: all three stay',
      { wanted: 3, serving: 2, others: [1], attached: [1, 2] },
      { entry: [1, 2, 3], attach: [1, 2, 3], serving: 2, waitsFor: 'attach' },
    ],
  ])('%s', (_title, facts, level) => {
    expect(planBalancers({ ...moving, ...facts })).toEqual(level);
  });
});

interface World {
  readonly wanted: number;
  /** What the last vend left. */
  readonly level: BalancerLevel;
  readonly attached: readonly number[];
  readonly healthy: readonly number[];
  readonly dns: number;
}

type Action = 'vend' | 'provision' | 'instances pass' | 'person moves the DNS' | { readonly wants: number };

/** A person moves the DNS only when a vend has asked for it. */
function after(world: World, action: Action): World {
  const { wanted, level, attached: now, healthy, dns } = world;
  if (typeof action === 'object') return { ...world, wanted: action.wants };
  if (action === 'provision') {
    return { ...world, attached: level.attach, healthy: healthy.filter((number) => level.attach.includes(number)) };
  }
  if (action === 'instances pass') return { ...world, healthy: now };
  if (action === 'person moves the DNS') return level.waitsFor === 'dns' ? { ...world, dns: level.serving } : world;
  const others = level.attach.filter((number) => number !== level.serving);
  const asked = { isHealthy: healthy.includes(wanted), isDnsMoved: dns === wanted };
  return { ...world, level: planBalancers({ wanted, serving: level.serving, others, attached: now, ...asked }) };
}

test('in any order of events, the load balancer that DNS points to has rules and healthy instances, and the move ends as the file says', () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Action>('vend', 'provision', 'instances pass', 'person moves the DNS') },
    { weight: 1, arbitrary: fc.constantFrom(1, 2, 3).map((wants): Action => ({ wants })) },
  );
  const round: Action[] = ['vend', 'provision', 'instances pass', 'vend', 'person moves the DNS', 'vend', 'provision'];
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      let world: World = { wanted: 1, level: only(1), attached: [1], healthy: [1], dns: 1 };
      for (const each of [...actions, ...round, ...round, 'vend' as const]) {
        world = after(world, each);
        for (const has of [world.level.entry, world.level.attach, world.attached, world.healthy]) {
          expect(has).toContain(world.dns);
        }
        for (const number of world.attached) expect(world.level.entry).toContain(number);
      }
      const { wanted } = world;
      expect(world).toEqual({ wanted, level: only(wanted), attached: [wanted], healthy: [wanted], dns: wanted });
    }),
    { numRuns: 500, seed: 1 },
  );
});
