import { claimDifferences } from './claim-differences.ts';
import { type Difference, type Ownership, tenantsInMaintenance } from './ownership.ts';
import { recordDifferences } from './record-differences.ts';
import { ruleDifferences } from './rule-differences.ts';

/** Whether rules, claims, records and files of an environment agree, and how many of each were compared. */
export type OwnershipStatus =
  /** The environment has no bucket yet, so it has no claims. */
  | { readonly compared: false }
  | {
      readonly compared: true;
      readonly rules: number;
      readonly claims: number;
      readonly records: number;
      /** `null` where the folder `tenants/` is not there. */
      readonly files: number | null;
      /** Tenants for whose hosts a page answers. */
      readonly maintenance: readonly string[];
      /** Those whose jobs may switch that, by their files. */
      readonly switched?: readonly string[];
      readonly differences: readonly Difference[];
    };

export function ownershipStatus(ownership: Ownership | undefined): OwnershipStatus {
  if (ownership === undefined) return { compared: false };
  const { rules, hosts, priorities, records, files } = ownership;
  const switched = (files ?? []).filter(({ maintenance }) => maintenance === 'switched').map(({ tenant }) => tenant);
  return {
    compared: true,
    rules: rules.length,
    claims: hosts.length + priorities.length,
    records: records.length,
    files: files?.length ?? null,
    maintenance: tenantsInMaintenance(rules),
    ...(switched.length === 0 ? {} : { switched }),
    differences: [...ruleDifferences(ownership), ...claimDifferences(ownership), ...recordDifferences(ownership)],
  };
}

export function ownershipLines(status: OwnershipStatus): string[] {
  if (!status.compared) return ['rules, claims and records: not compared, the bucket is not published'];
  const { rules, claims, records, files, maintenance, switched = [], differences } = status;
  const counted = `rules (${rules}), claims (${claims}), records (${records})`;
  const all = files === null ? `${counted}; no folder tenants/ to compare with` : `${counted}, files (${files})`;
  const named = maintenance.map((tenant) =>
    switched.includes(tenant) ? `${tenant} (switched by the tenant)` : tenant,
  );
  const paged = named.length === 0 ? [] : [`in maintenance: ${named.join(', ')}`];
  if (differences.length === 0) return [...paged, `${all}: no difference`];
  return [
    ...paged,
    `${all}: ${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}`,
    ...differences.flatMap(({ kind, text, next }) => [`  ${kind}: ${text}`, `    next: ${next}`]),
  ];
}
