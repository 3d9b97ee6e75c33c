import type { Environment } from '../config/environment.ts';
import { names, type TenantLayer } from '../config/names.ts';
import type { ReportSection } from '../report/report.ts';
import type { CheckId } from './check-ids.ts';
import type { DriftContext } from './checks.ts';
import { endedId } from './ignore.ts';
import { isIn } from './shard.ts';

/** What a check had to look at. */
export interface LookedAt {
  readonly contexts: readonly Pick<DriftContext, 'environment' | 'tenant' | 'platform' | 'shard'>[];
  /** Absent: all. */
  readonly checks: readonly CheckId[] | undefined;
  readonly sections: readonly ReportSection[];
}

const tenantLayers: readonly TenantLayer[] = ['access', 'entry', 'data', 'host'];

/**
 * Whether a section of this id would be in the report if there still were anything: a stack of another job's part, of a tenant
 * or an environment that was not asked for, or one of a list that could not be read whole, tells nothing by its absence.
 */
export function isLookedAt({ contexts, checks, sections }: LookedAt, id: string): boolean {
  if (id === endedId) return true;
  const [environment = '', check, name, ...more] = id.split('/');
  if (check !== 'stacks' || name === undefined || more.length > 0) return false;
  if (checks !== undefined && !checks.includes('stacks')) return false;
  const context = contexts.find((each) => each.environment === environment);
  // A list that could not be read, or was empty, is a section of this id.
  if (context === undefined || sections.some((section) => section.id === `${environment}/stacks`)) return false;
  if (!isIn(context.shard, name)) return false;
  const { tenant } = context;
  if (tenant === undefined) return context.platform !== undefined;
  const place = { environment: environment as Environment, tenant };
  return tenantLayers.some((layer) => names.tenantStack(place, layer) === name);
}
