import { openAws } from '../aws/session.ts';
import { type Environment, environments } from '../config/environment.ts';
import { environmentOf } from '../config/files.ts';
import type { EnvironmentConfig, PlatformConfig } from '../config/platform.ts';
import type { TenantConfig } from '../config/tenant.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

export interface ChosenEnvironment {
  readonly environment: Environment;
  /** As platform.yml has it, but with the tenant's own branch. */
  readonly config: EnvironmentConfig;
  readonly hosts: readonly string[];
}

export interface EnvironmentSelection {
  readonly chosen: readonly ChosenEnvironment[];
  /** Environments the tenant has hosts in, which these credentials do not reach. */
  readonly leftOut: readonly ChosenEnvironment[];
}

/** What the credentials reach. */
export interface Reach {
  readonly account: string;
  /** Whether the roles that platform.yml names for other accounts can be assumed: a job's ID token has only one role. */
  readonly takesRoles: boolean;
}

/** What the credentials reach: a job's are for the environment that it names. */
export async function reachOf(
  runtime: Runtime,
  platform: PlatformConfig,
  asked: Environment | undefined,
): Promise<Reach> {
  if (runtime.env.VENDHOST_ID_TOKEN !== undefined && asked !== undefined) {
    return { account: environmentOf(platform, asked).account, takesRoles: false };
  }
  const anyRegion = Object.values(platform.environments)[0]?.region ?? '';
  const account = await openAws(runtime, { region: anyRegion }).account();
  return { account, takesRoles: runtime.env.VENDHOST_ID_TOKEN === undefined };
}

/**
 * The environments to vend a tenant in: the requested one, else all that are accessible, by the account of the
 * credentials or by a role that platform.yml names.
 */
export function chooseEnvironments(
  platform: PlatformConfig,
  { name, config }: { name: string; config: TenantConfig },
  { account, takesRoles }: Reach,
  asked: Environment | undefined,
): EnvironmentSelection {
  const all = environments.flatMap((environment) => {
    const hosts = config.hosts[environment];
    if (hosts === undefined) return [];
    const platforms = environmentOf(platform, environment);
    return [{ environment, config: { ...platforms, branch: config.branches[environment] ?? platforms.branch }, hosts }];
  });
  if (asked !== undefined && !all.some(({ environment }) => environment === asked)) {
    throw new VendhostError('ENVIRONMENT_UNKNOWN', `tenants/${name}.yml has no hosts in ${asked}`, {
      hint: `add hosts.${asked} to the file, or name one of: ${all.map(({ environment }) => environment).join(', ')}`,
    });
  }
  const wanted = asked === undefined ? all : all.filter(({ environment }) => environment === asked);
  const chosen = wanted.filter(
    ({ config: { account: own, role } }) => own === account || (takesRoles && role !== undefined),
  );
  if (chosen.length === 0) {
    throw new VendhostError('ACCOUNT_WRONG', `the credentials are for account ${account}`, {
      details: wanted.map((each) => `${each.environment} is in account ${each.config.account}`),
      hint: 'use credentials of one of these accounts, or name roles of them in platform.yml: environments.*.role',
    });
  }
  return { chosen, leftOut: asked === undefined ? all.filter((each) => !chosen.includes(each)) : [] };
}
