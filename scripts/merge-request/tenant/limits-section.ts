import { join, relative } from 'node:path';
import { limitFaults } from '../../host/limits.ts';
import type { SectionBody } from '../findings/planned-section.ts';
import type { TenantContext } from './tenant-context.ts';

/** The tenant's limits, which IAM enforces. */
export function limitsBody({ runtime, directory, config, inputs }: TenantContext, id: string): SectionBody {
  const file = join(relative(runtime.cwd, directory), 'vendhost.yml');
  const faults = limitFaults(file, config, inputs.record.limits);
  const findings = faults.map(({ path, message }) => ({
    id: `${id}/${path}`,
    gravity: 'fault' as const,
    title: `${file}, ${path}: ${message}`,
    at: { file },
    next: "choose what is allowed, or ask the platform team to raise the tenant's limits",
  }));
  return {
    summary: findings.length === 0 ? 'within what the platform grants' : 'more than the platform grants',
    findings,
  };
}
