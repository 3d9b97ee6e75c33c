import type { Difference } from '../../platform/status/ownership.ts';
import { ownershipStatus } from '../../platform/status/ownership-status.ts';
import { readOwnership } from '../../platform/status/read-ownership.ts';
import { readTenantFiles } from '../../platform/status/tenant-files.ts';
import { shortId } from '../../report/gravity.ts';
import type { Finding, Gravity } from '../../report/report.ts';
import type { DriftCheck } from '../checks.ts';
import { listenersOf, recordsOf } from './listeners.ts';
import { checkSection, notChecked } from './section.ts';

const check = { id: 'ownership', title: 'Rules, claims, records and files' };

/** Whether rules, claims, records and the files of tenants agree: what `platform status` shows of it. */
export const ownershipCheck: DriftCheck = {
  ...check,
  async run(context) {
    const { platform, environment } = context;
    // A tenant's roles cannot read what others own, and what agrees is a matter of all of them.
    if (platform === undefined || context.tenant !== undefined) return [];
    const { target, directory } = platform;
    const [{ published, listeners }, records, files] = await Promise.all([
      listenersOf(platform),
      recordsOf(platform),
      readTenantFiles(directory),
    ]);
    const { bucket } = published.values;
    const found = { listeners, records, files };
    const status = ownershipStatus(bucket === undefined ? undefined : await readOwnership(target, bucket, found));
    if (!status.compared) {
      const next = `vendhost platform deploy --environment ${environment}`;
      const finding = notChecked('bucket', 'the platform publishes no bucket, so there are no claims', next);
      return [checkSection(context, { ...check, count: 'no claims' }, [finding])];
    }
    const count = `${status.rules} rules, ${status.claims} claims, ${status.records} records`;
    const unread =
      files === undefined ? [notChecked('tenants', 'the folder tenants/ is not there', 'check it out')] : [];
    return [checkSection(context, { ...check, count }, [...status.differences.map(findingOf), ...unread])];
  },
};

/** Who gets a tenant's requests is a matter of access; the rest is between a file and what was vended. */
const gravityByKind: Partial<Record<Difference['kind'], Gravity>> = {
  RULE_WITHOUT_STACK: 'access',
  RULE_FOR_ALL_HOSTS: 'access',
  RULE_HOST_UNCLAIMED: 'access',
  RULE_HOST_OF_ANOTHER: 'access',
  CLAIM_UNREADABLE: 'fault',
  RECORD_UNREADABLE: 'fault',
  FILE_UNREADABLE: 'unknown',
};

export function findingOf({ kind, text, next }: Difference): Finding {
  return {
    id: `${kind}/${shortId(text)}`,
    gravity: gravityByKind[kind] ?? 'change',
    title: text,
    details: [kind],
    next,
  };
}
