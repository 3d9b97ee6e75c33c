import type { Environment } from '../config/environment.ts';
import { names } from '../config/names.ts';
import { type EnvironmentConfig, partitionOf } from '../config/platform.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Aws, openAws } from './session.ts';

/** What an environment's account is opened for: jobs that only plan have a read-only role, and jobs that vend have another. */
export type AccessMode = 'plan' | 'deploy' | 'vend';

/**
 * Opens an environment's account: in a job of the platform's project with the role from the access stack; elsewhere with
 * the machine's own credentials, or the environment's `role` when they are for another account. Throws `ACCOUNT_WRONG`
 * when the credentials end up in another account.
 */
export async function openEnvironment(
  runtime: Runtime,
  environment: Environment,
  config: EnvironmentConfig,
  purpose: AccessMode,
): Promise<Aws> {
  const { account, region, role } = config;
  if (runtime.env.VENDHOST_ID_TOKEN !== undefined) {
    const jobRole = `arn:${partitionOf(config)}:iam::${account}:role/${names.platformRole(environment, purpose)}`;
    return await checked(openAws(runtime, { region, jobRole }), environment, config);
  }
  const own = openAws(runtime, { region });
  if (role === undefined || (await own.account()) === account) return await checked(own, environment, config);
  return await checked(openAws(runtime, { region, assume: role }), environment, config);
}

async function checked(aws: Aws, environment: Environment, { account }: EnvironmentConfig): Promise<Aws> {
  const actual = await aws.account();
  if (actual === account) return aws;
  throw new VendhostError(
    'ACCOUNT_WRONG',
    `the credentials are for account ${actual}; platform.yml says ${environment} is in ${account}`,
    {
      hint: `use credentials for account ${account}, or set a role there: environments.${environment}.role in platform.yml`,
    },
  );
}
