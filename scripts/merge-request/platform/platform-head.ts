import type { Environment } from '../../config/environment.ts';
import type { SectionHead } from '../findings/planned-section.ts';

/** The section on the stacks of an environment's platform. */
export function platformHead(environment: Environment): SectionHead {
  return { id: `platform/${environment}`, title: `${environment}: the platform` };
}

/** The section on its tenants: the register compared with what is deployed. */
export function registerHead(environment: Environment): SectionHead {
  return { id: `tenants/${environment}`, title: `${environment}: tenants` };
}
