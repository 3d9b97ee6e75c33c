import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import type { Half } from '../../config/tenant.ts';
import type { VendhostConfig } from '../../config/vendhost.ts';
import type { HostInputs } from '../../host/plan/provision-inputs.ts';
import type { PreparedBake } from '../../image/bake/prepare.ts';
import type { Runtime } from '../../runtime.ts';

/** What the sections of a tenant's merge request are made from. */
export interface TenantContext {
  readonly runtime: Runtime;
  readonly aws: Aws;
  readonly place: Place;
  /** The tenant's files. */
  readonly directory: string;
  readonly config: VendhostConfig;
  /** What is deployed, and what the tenant was given. */
  readonly inputs: HostInputs;
  /** What a bake would be made from, read at the same time; nothing if the repository has only the software. */
  readonly prepared: Promise<PreparedBake> | undefined;
  /** The half of the tenant that the repository has; both without it. */
  readonly half?: Half | undefined;
}
