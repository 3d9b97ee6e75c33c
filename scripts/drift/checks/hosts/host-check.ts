import type { DriftCheck } from '../../checks.ts';
import { checkSection, howMany, orNotChecked } from '../section.ts';
import { forEachTenant } from '../tenants.ts';
import { findHooks } from './find-hooks.ts';
import { findInstances } from './find-instances.ts';
import { findVersions } from './find-versions.ts';
import { hostOf } from './host-of.ts';

const check = { id: 'hosts', title: 'Instances' };

/** Each tenant's group and instances beside what was provisioned. */
export const hostCheck: DriftCheck = {
  ...check,
  async run(context) {
    const now = new Date();
    const found = await forEachTenant(context, ({ tenant }) =>
      orNotChecked(context, tenant, async () => {
        const facts = await hostOf(context, tenant);
        return facts === undefined ? [] : [...findVersions(facts), ...findInstances(facts, now), ...findHooks(facts)];
      }),
    );
    return [checkSection(context, { ...check, count: howMany(found.length, 'tenant') }, found.flat())];
  },
};
