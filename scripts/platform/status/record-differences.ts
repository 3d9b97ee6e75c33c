import { type Difference, type Granted, type Ownership, tenantsInMaintenance } from './ownership.ts';

/** Tenants that only the environment or only the repository knows, and records that are not what their files say. */
export function recordDifferences({ environment, records, files, rules }: Ownership): Difference[] {
  if (files === undefined) return [];
  const vend = (tenant: string) => `vendhost tenant vend ${tenant} --environment ${environment}`;
  const inMaintenance = tenantsInMaintenance(rules);
  return [
    ...records
      .filter(({ tenant }) => !files.some((file) => file.tenant === tenant))
      .map(({ tenant }): Difference => {
        const text = `${tenant} has a record in ${environment}, and no tenants/${tenant}.yml with hosts there`;
        const next = `bring the file back, or remove the tenant: vendhost tenant retire ${tenant} --environment ${environment}`;
        return { kind: 'RECORD_WITHOUT_FILE', text, next };
      }),
    ...files.flatMap(({ tenant, content, maintenance }): Difference[] => {
      if (content === undefined) {
        const text = `tenants/${tenant}.yml is not valid, so nothing was compared with it`;
        return [{ kind: 'FILE_UNREADABLE', text, next: 'vendhost config check' }];
      }
      const record = records.find((each) => each.tenant === tenant);
      if (record === undefined) {
        const text = `tenants/${tenant}.yml has hosts in ${environment}, and ${tenant} has no record there`;
        return [{ kind: 'FILE_WITHOUT_RECORD', text, next: vend(tenant) }];
      }
      if (record.content === undefined) return [];
      return [
        ...fieldDifferences(record.content, content).map(
          (text): Difference => ({ kind: 'RECORD_DIFFERS', text: `${tenant}: ${text}`, next: vend(tenant) }),
        ),
        ...approvalDifference(environment, { tenant, vended: record.content, wanted: content }),
        ...maintenanceDifference(tenant, maintenance ?? false, inMaintenance.includes(tenant)).map(
          (text): Difference => ({ kind: 'MAINTENANCE_DIFFERS', text, next: vend(tenant) }),
        ),
      ];
    }),
  ];
}

/** Vending builds the pipeline, by the fact that the platform's deploy publishes: a change in `platform.yml` takes both. */
function approvalDifference(
  environment: string,
  { tenant, vended, wanted }: { tenant: string; vended: Granted; wanted: Granted },
): Difference[] {
  if (vended.approval === wanted.approval) return [];
  const older = 'is of an older version, which did not say whether releases wait for an approval';
  const says = vended.approval === undefined ? older : `says approval is ${vended.approval}`;
  const text = `the record of ${tenant} ${says}; in platform.yml it is ${wanted.approval}`;
  const next = `vendhost platform deploy --environment ${environment}; then vendhost tenant vend ${tenant} --environment ${environment}`;
  return [{ kind: 'APPROVAL_DIFFERS', text, next }];
}

/** Where the tenant's jobs may switch, either is right. */
function maintenanceDifference(tenant: string, wanted: boolean | 'switched', is: boolean): string[] {
  if (wanted === 'switched' || wanted === is) return [];
  return [
    is
      ? `${tenant} is in maintenance, and tenants/${tenant}.yml does not say so`
      : `tenants/${tenant}.yml has a page for maintenance, and the instances answer`,
  ];
}

/** Each key in which a record and its file differ, in words of the file; the order of a list has no meaning. */
function fieldDifferences(record: Granted, file: Granted): string[] {
  const recorded = valuesOf(record);
  return Object.entries(valuesOf(file)).flatMap(([key, wanted]) => {
    const stored = recorded[key] ?? 'nothing';
    return stored === wanted ? [] : [`${key} is ${stored} in the record, ${wanted} in the file`];
  });
}

function valuesOf({ project, software, branch, hosts, port, loadBalancer, limits }: Granted): Record<string, string> {
  const projects: Record<string, string> =
    software === undefined
      ? { project }
      : { 'projects.infrastructure': project, 'projects.software': software.project };
  const all = { ...projects, branch, hosts, port: port ?? 'nothing', load_balancer: loadBalancer };
  const limited = Object.entries(limits).map(([key, value]) => [`limits.${key}`, value] as const);
  return Object.fromEntries([...Object.entries(all), ...limited].map(([key, value]) => [key, shown(value)]));
}

function shown(value: string | number | readonly string[]): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return value.length === 0 ? 'nothing' : [...value].sort().join(', ');
}
