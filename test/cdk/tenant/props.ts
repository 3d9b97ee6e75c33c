import type { VirtualHostProps } from '../../../cdk/tenant/virtual-host-app.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { facts, record, region, sampleAccount, targetGroup } from '../../builders/sample.ts';

/** The shop in dev with every default; give what a test wants otherwise. */
export function virtualHost(changes: Partial<VirtualHostProps> = {}): VirtualHostProps {
  return {
    place: { tenant: 'shop', environment: 'dev' },
    account: sampleAccount,
    region,
    facts,
    record,
    targetGroup,
    config: vendhostSchema.parse({}),
    keepsDatabase: false,
    ...changes,
  };
}
