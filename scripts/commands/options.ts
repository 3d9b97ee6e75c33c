import type { Argv } from 'yargs';
import { type Environment, environments } from '../config/environment.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

export interface PlaceOptions {
  tenant: string | undefined;
  environment: Environment | undefined;
}

/** `--tenant` and `--environment`, which jobs set as variables too. */
export function withPlace<T>(parser: Argv<T>): Argv<T & PlaceOptions> {
  return withEnvironment(parser).option('tenant', {
    type: 'string',
    requiresArg: true,
    describe: 'Name of the tenant [default: $VENDHOST_TENANT]',
  });
}

export function withEnvironment<T>(parser: Argv<T>): Argv<T & Pick<PlaceOptions, 'environment'>> {
  return parser.option('environment', {
    choices: environments,
    requiresArg: true,
    describe: 'Environment [default: $VENDHOST_ENVIRONMENT]',
  });
}

export function withDirectory<T>(parser: Argv<T>, holds: string): Argv<T & { directory: string }> {
  return parser.option('directory', {
    type: 'string',
    requiresArg: true,
    default: '.',
    describe: `Folder with ${holds}`,
  });
}

export function withDryRun<T>(parser: Argv<T>): Argv<T & { 'dry-run': boolean }> {
  return parser.option('dry-run', {
    type: 'boolean',
    default: false,
    describe: 'Print what would be done, change nothing',
  });
}

/** The environment that an option or the job's variable names. */
export function environmentFrom(option: Environment | undefined, { env }: Runtime): Environment {
  const value = option ?? env.VENDHOST_ENVIRONMENT;
  const found = environments.find((name) => name === value);
  if (found !== undefined) return found;
  throw new VendhostError('USAGE', value ? `"${value}" is not an environment` : 'no environment is named', {
    hint: `give --environment one of ${environments.join(', ')}`,
  });
}

/** The tenant and environment that options or the job's variables name. */
export function placeFrom(options: PlaceOptions, runtime: Runtime): { tenant: string; environment: Environment } {
  const tenant = options.tenant ?? runtime.env.VENDHOST_TENANT;
  if (tenant === undefined || tenant === '') {
    throw new VendhostError('USAGE', 'no tenant is named', { hint: 'give --tenant NAME or set VENDHOST_TENANT' });
  }
  return { tenant, environment: environmentFrom(options.environment, runtime) };
}
