import { tags } from '../../../scripts/config/names.ts';
import { environments, otherPlaces, places, shown } from './places.ts';

/** Whose a thing is: a tenant's in an environment, an environment's platform's, or that of somebody else in the account. */
export interface Owner {
  readonly name: string;
  readonly environment: string;
  readonly tenant?: string;
  /** Tags of the owner's things of a layer; somebody else's have none. */
  readonly tags: (layer: string) => Readonly<Record<string, string>>;
}

export interface Tenant extends Owner {
  readonly tenant: string;
}

export const owners: readonly Tenant[] = [...places, ...otherPlaces].map((place) => ({
  ...place,
  name: shown(place),
  tags: (layer) => tags(place.environment, layer, place.tenant),
}));

export const platforms: readonly Owner[] = environments.map((environment) => ({
  environment,
  name: `the platform of ${environment}`,
  tags: (layer) => tags(environment, layer === 'host' ? 'balancer' : 'network'),
}));

/** Things in the account that Vendhost did not make, like a GitLab runner or backups: they have no tags of ours. */
export const stranger: Owner = { environment: 'dev', name: 'somebody else in the account', tags: () => ({}) };

export function tenant(name: string, environment = 'dev'): Tenant {
  const found = owners.find((each) => each.tenant === name && each.environment === environment);
  if (found === undefined) throw new Error(`there is no tenant ${name} in ${environment}`);
  return found;
}

export function platform(environment = 'dev'): Owner {
  return platforms.find((each) => each.environment === environment) as Owner;
}
