import { awsError } from '../aws/foreseen-errors.ts';
import { type AccessMode, openEnvironment } from '../aws/open-environment.ts';
import type { Aws } from '../aws/session.ts';
import { type Environment, environments } from '../config/environment.ts';
import { environmentOf } from '../config/files.ts';
import type { EnvironmentConfig, PlatformConfig } from '../config/platform.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { checkCertificate } from './certificate.ts';
import { combined, forEach } from './each.ts';

/** Which environments a command is for. */
export type EnvironmentChoice = Environment | 'all';

/** An environment whose account is open. */
export interface EnvironmentTarget {
  readonly environment: Environment;
  readonly config: EnvironmentConfig;
  readonly aws: Aws;
}

/** The environments of `platform.yml` that are chosen. Throws `ENVIRONMENT_UNKNOWN`. */
export function chosenEnvironments(
  platform: PlatformConfig,
  choice: EnvironmentChoice,
): Omit<EnvironmentTarget, 'aws'>[] {
  if (choice !== 'all') return [{ environment: choice, config: environmentOf(platform, choice) }];
  return environments.flatMap((environment) => {
    const config = platform.environments[environment];
    return config === undefined ? [] : [{ environment, config }];
  });
}

export interface TargetOptions {
  readonly purpose: AccessMode;
  /** Whether the certificates of the load balancers are checked too. */
  readonly certificates?: boolean;
}

/**
 * Opens the chosen environments' accounts. Throws before anything is changed when one of them cannot be worked on:
 * `ACCOUNT_WRONG` or what the certificate's check says; of several, all, as `ENVIRONMENTS_WRONG`.
 */
export async function openTargets(
  runtime: Runtime,
  platform: PlatformConfig,
  choice: EnvironmentChoice,
  { purpose, certificates = false }: TargetOptions,
): Promise<readonly EnvironmentTarget[]> {
  const chosen = chosenEnvironments(platform, choice);
  const { done, faults } = await forEach(runtime, chosen, async ({ environment, config }) => {
    const aws = await openEnvironment(runtime, environment, config, purpose).catch((thrown: unknown) => {
      throw refused(runtime, platform, { environment, purpose }, thrown);
    });
    if (certificates) for (const line of await checkCertificate(aws, environment, config)) runtime.out.warn(line);
    return { environment, config, aws };
  });
  if (faults.length > 0) throw combined(faults, 'ENVIRONMENTS_WRONG', 'nothing was changed, for these are not ready');
  return done;
}

/** Who may take the roles of the platform's project is another matter than with those of a tenant. */
function refused(
  { env }: Runtime,
  { branch }: PlatformConfig,
  { environment, purpose }: { environment: Environment; purpose: AccessMode },
  thrown: unknown,
): unknown {
  const error = awsError(thrown, env);
  if (error?.code !== 'ROLE_REFUSED') return thrown;
  const who =
    purpose === 'plan'
      ? 'jobs of the project in platform.yml'
      : `jobs of the project in platform.yml on its branch ${branch}`;
  return new VendhostError(error.code, error.message, {
    hint: `only ${who} may; an administrator makes the roles: vendhost platform deploy --environment ${environment} --layer access`,
    cause: thrown,
  });
}
