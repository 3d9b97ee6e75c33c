import type { Case } from '../cases.ts';
import { keyCalls, namedCalls } from '../named-deeds.ts';
import { type Tenant, tenant } from '../owners.ts';

/** Attacker → who else is tried: names that begin or end like one another, and the same tenant in another environment. */
const rivals: readonly [Tenant, readonly Tenant[]][] = [
  [
    tenant('shop'),
    [tenant('shop2'), tenant('sho'), tenant('shop-dev'), tenant('shop-deploy'), tenant('shop', 'production')],
  ],
  [tenant('sho'), [tenant('shop'), tenant('shop2')]],
  [tenant('production'), [tenant('shop', 'production'), tenant('production', 'production')]],
  [tenant('claims'), [tenant('shop')]],
];

/** What each role does to its own tenant's things, done to another's of the same kind. */
export function namedAttacks(): Case[] {
  const onThings = rivals.flatMap(([self, others]) =>
    others.flatMap((other) =>
      namedCalls(self, other).map(({ name, step }) => ({
        name,
        expected: 'denied' as const,
        because: `It belongs to ${other.name}.`,
        steps: [step],
      })),
    ),
  );
  const withKey = keyCalls(tenant('shop'), { environment: 'production' }).map(({ name, step }) => ({
    name,
    expected: 'denied' as const,
    because:
      "The key of another environment, in the same account; EC2's part of its policy is for whoever may start instances.",
    steps: [step],
  }));
  return [...onThings, ...withKey];
}
