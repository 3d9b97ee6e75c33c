import { alarmAttacks } from './attacks/alarms.ts';
import { buildAttacks } from './attacks/builds.ts';
import { instanceAttacks } from './attacks/instances.ts';
import { launchAttacks } from './attacks/launches.ts';
import { limitAttacks } from './attacks/limits.ts';
import { namedAttacks } from './attacks/names.ts';
import { platformAttacks } from './attacks/platform.ts';
import { promotionAttacks } from './attacks/promotion.ts';
import { roleAttacks } from './attacks/roles.ts';
import { storageAttacks } from './attacks/storage.ts';
import { tagAttacks } from './attacks/tags.ts';
import { trafficAttacks } from './attacks/traffic.ts';
import { trustAttacks } from './attacks/trust.ts';
import { untaggingAttacks } from './attacks/untagging.ts';
import { vendingAttacks } from './attacks/vending.ts';
import type { Case } from './cases.ts';
import { bakeCalls } from './legitimate/bake.ts';
import { buildCalls } from './legitimate/builds.ts';
import { commandCalls } from './legitimate/commands.ts';
import { hostCalls } from './legitimate/host.ts';
import { promotionCalls } from './legitimate/promotion.ts';

/** Every attack: what IAM must refuse. Two cases of one name are an error: exceptions go by names. */
export function attacks(): Case[] {
  return distinct([
    ...namedAttacks(),
    ...tagAttacks(),
    ...instanceAttacks(),
    ...trafficAttacks(),
    ...limitAttacks(),
    ...launchAttacks(),
    ...promotionAttacks(),
    ...alarmAttacks(),
    ...untaggingAttacks(),
    ...storageAttacks(),
    ...roleAttacks(),
    ...platformAttacks(),
    ...trustAttacks(),
    ...buildAttacks(),
    ...vendingAttacks(),
  ]);
}

/** Every call that commands and services make: what IAM must allow. */
export function legitimate(): Case[] {
  return distinct([...commandCalls(), ...bakeCalls(), ...hostCalls(), ...buildCalls(), ...promotionCalls()]);
}

function distinct(cases: readonly Case[]): Case[] {
  const seen = new Set<string>();
  const twice = cases.filter(({ name }) => seen.size === seen.add(name).size);
  if (twice.length > 0) throw new Error(`names of more than one case: ${twice.map(({ name }) => name).join('\n')}`);
  return [...cases];
}
