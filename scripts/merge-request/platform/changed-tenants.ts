import { execa } from 'execa';
import { parseConfig } from '../../config/load.ts';
import { tenantSchema } from '../../config/tenant.ts';
import type { Finding } from '../../report/report.ts';
import { counted } from '../../repository/findings.ts';
import type { Runtime } from '../../runtime.ts';
import { propertyChanges } from '../../stack/details/property-changes.ts';
import type { SectionBody } from '../findings/planned-section.ts';

const limitMs = 60_000;

/** A tenant's file before the merge request and in it; absent where there is none. */
export interface ChangedTenantFile {
  readonly tenant: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Which tenants are to be vended after the merge. No pipeline vends, so this is a list for people: the merge request's files beside
 * those of the commit it started from (`CI_MERGE_REQUEST_DIFF_BASE_SHA`).
 */
export async function changedTenants(runtime: Runtime, directory: string, id: string): Promise<SectionBody> {
  const base = runtime.env.CI_MERGE_REQUEST_DIFF_BASE_SHA;
  if (base === undefined) return { summary: 'compared in merge requests only', findings: [] };
  const git = (...words: string[]) =>
    execa('git', words, { cwd: directory, reject: false, timeout: limitMs, cancelSignal: runtime.signal });
  const names = await git('diff', '--name-only', '--no-renames', '--relative', base, 'HEAD', '--', 'tenants/');
  if (names.exitCode !== 0) return { summary: 'not known', findings: [unknownBase(id, base)] };
  const tenants = names.stdout.split('\n').flatMap((file) => /^tenants\/([^/]+)\.yml$/.exec(file)?.[1] ?? []);
  const read = async (commit: string, tenant: string) => {
    const { exitCode, stdout } = await git('show', `${commit}:./tenants/${tenant}.yml`);
    return exitCode === 0 ? stdout : undefined;
  };
  const files = await Promise.all(
    tenants.map(async (tenant) => ({ tenant, before: await read(base, tenant), after: await read('HEAD', tenant) })),
  );
  const summary =
    files.length === 0 ? 'no tenant changed' : `${counted(files.length, 'tenant')} to be vended after the merge`;
  return { summary, findings: files.map((file) => tenantFinding(id, file)) };
}

function unknownBase(id: string, base: string): Finding {
  return {
    id: `${id}/base`,
    gravity: 'unknown',
    title: `which tenants changed is not known: the checkout does not have the commit ${base.slice(0, 12)}`,
    next: 'let the job fetch more commits: GIT_DEPTH, 0 for all',
  };
}

/** What a tenant's file asks of the next vend. */
export function tenantFinding(id: string, { tenant, before, after }: ChangedTenantFile): Finding {
  const file = `tenants/${tenant}.yml`;
  const at = { file };
  if (after === undefined) {
    const title = `${file} is gone: what was vended stays until an administrator removes it`;
    return { id: `${id}/${tenant}`, gravity: 'change', title, next: 'docs/runbook.md says how a tenant is removed' };
  }
  const [old, now] = [before, after].map((text) => text && parseConfig(file, text, tenantSchema).value);
  return {
    id: `${id}/${tenant}`,
    gravity: 'change',
    title:
      before === undefined
        ? `${file} is new: the tenant has to be vended`
        : `${file} changed: the tenant has to be vended again`,
    values: propertyChanges(tenant, old ?? {}, now ?? {}),
    next: `after the merge, an administrator runs: vendhost tenant vend ${tenant}`,
    at,
  };
}
