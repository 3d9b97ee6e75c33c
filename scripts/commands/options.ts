import type { Argv } from 'yargs';
import { type Environment, environments, tenantName } from '../config/environment.ts';
import type { PlatformLayer } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Question } from '../init/questions.ts';
import { defaultRules, type RetentionRules } from '../retention/rules.ts';
import type { Runtime } from '../runtime.ts';

export interface PlaceOptions {
  tenant: string | undefined;
  environment: Environment | undefined;
}

export interface EnvironmentsOptions {
  environment: Environment | undefined;
  all: boolean | undefined;
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

/** `--environment` with one name, or `--all` environments of `platform.yml`. */
export function withEnvironments<T>(parser: Argv<T>): Argv<T & EnvironmentsOptions> {
  return withEnvironment(parser)
    .option('all', { type: 'boolean', describe: 'Every environment of platform.yml' })
    .conflicts('all', 'environment');
}

export function withDirectory<T>(parser: Argv<T>, holds: string): Argv<T & { directory: string }> {
  return parser.option('directory', {
    type: 'string',
    requiresArg: true,
    default: '.',
    describe: `Folder with ${holds}`,
  });
}

export function withLayer<T>(parser: Argv<T>): Argv<T & { layer: PlatformLayer | undefined }> {
  return parser.option('layer', {
    choices: ['access', 'network', 'storage', 'balancer'] as const,
    requiresArg: true,
    describe: "Deploy only this layer; access includes GitLab's OIDC provider",
  });
}

export function withDryRun<T>(parser: Argv<T>): Argv<T & { 'dry-run': boolean }> {
  return parser.option('dry-run', {
    type: 'boolean',
    default: false,
    describe: 'Print what would change and change nothing; exit code 2 when something would change',
  });
}

interface AnswerArguments extends PlaceOptions {
  execution: string | undefined;
  revision: string | undefined;
  reason: string | undefined;
  'dry-run': boolean;
}

/** The options of an answer to an approval. */
export function withAnswer<T>(parser: Argv<T>): Argv<T & AnswerArguments> {
  return withReason(withDryRun(withPlace(parser)))
    .option('execution', {
      type: 'string',
      requiresArg: true,
      describe: 'Execution to answer; refused when another one waits [default: $VENDHOST_EXECUTION_ID]',
    })
    .option('revision', {
      type: 'string',
      requiresArg: true,
      describe: 'Key of the revision that was shown; refused when it is another [default: $VENDHOST_REVISION_KEY]',
    });
}

/** An answer, from options or the job's variables. */
export function answerFrom(args: AnswerArguments, runtime: Runtime) {
  const { env } = runtime;
  return {
    ...placeFrom(args, runtime),
    execution: args.execution ?? env.VENDHOST_EXECUTION_ID,
    revision: args.revision ?? env.VENDHOST_REVISION_KEY,
    reason: args.reason ?? env.VENDHOST_REASON,
    dryRun: args['dry-run'],
  };
}

/** The reason for an action, for the audit record. */
export function withReason<T>(parser: Argv<T>): Argv<T & { reason: string | undefined }> {
  return parser.option('reason', {
    type: 'string',
    requiresArg: true,
    describe: 'Why, for the audit record [default: $VENDHOST_REASON]',
  });
}

/** Empty if there is none. */
export function reasonFrom({ reason }: { reason: string | undefined }, { env }: Runtime): string {
  return reason ?? env.VENDHOST_REASON ?? '';
}

/** The instance that an option or the job's variable names; an empty variable names none. */
export function instanceFrom({ instance }: { instance: string | undefined }, { env }: Runtime): string | undefined {
  return instance ?? (env.VENDHOST_INSTANCE || undefined);
}

/** An option for each question. */
export function withQuestions<T>(
  parser: Argv<T>,
  questions: readonly Question[],
): Argv<T & Readonly<Record<Question['key'], string | undefined>>> {
  const all = questions.reduce<Argv>((inner, { key, text, preset, after }) => {
    const required = preset === undefined && after === undefined ? ' [required, where nobody can be asked]' : '';
    const shown = preset === undefined ? required : ` [default: ${preset === '' ? 'empty' : preset}]`;
    return inner.option(key, { type: 'string', describe: `${text}${shown}` });
  }, parser as Argv);
  return all as never;
}

/** A switch that an option or a job's variable sets: `true`, `false`, or neither. Throws `USAGE` for any other value. */
export function switchFrom(option: boolean | undefined, name: string, env: Runtime['env']): boolean {
  const value = env[name] ?? '';
  if (option !== undefined) return option;
  if (value === '' || value === 'false') return false;
  if (value === 'true') return true;
  throw new VendhostError('USAGE', `"${value}" is wrong: ${name} must be true or false`, {
    hint: `set ${name} to true or false, or unset it`,
  });
}

/** The environment that an option or the job's variable names, if any. */
export function environmentIfNamed(option: Environment | undefined, { env }: Runtime): Environment | undefined {
  const value = option ?? env.VENDHOST_ENVIRONMENT;
  const found = environments.find((name) => name === value);
  if (found !== undefined || !value) return found;
  throw new VendhostError('USAGE', `"${value}" is not an environment`, { hint: environmentHint });
}

/** Environments in a text, separated by spaces. Throws `USAGE`. */
export function environmentsIn(text: string): Environment[] {
  return text.split(/\s+/).flatMap((word) => {
    if (word === '') return [];
    const found = environments.find((name) => name === word);
    if (found !== undefined) return [found];
    throw new VendhostError('USAGE', `"${word}" is not an environment`, {
      hint: `give --environments some of ${environments.join(', ')}, separated by spaces`,
    });
  });
}

export function environmentFrom(option: Environment | undefined, runtime: Runtime): Environment {
  const found = environmentIfNamed(option, runtime);
  if (found !== undefined) return found;
  throw new VendhostError('USAGE', 'the environment is missing', { hint: environmentHint });
}

const environmentHint = `give --environment one of ${environments.join(', ')}`;

/** The given environment, or all. With `--all` the job's variable is ignored. */
export function choiceFrom({ environment, all }: EnvironmentsOptions, runtime: Runtime): Environment | 'all' {
  return all === true ? 'all' : environmentFrom(environment, runtime);
}

/** The tenant and environment that options or the job's variables name. */
export function placeFrom(options: PlaceOptions, runtime: Runtime): { tenant: string; environment: Environment } {
  const tenant = options.tenant ?? runtime.env.VENDHOST_TENANT;
  if (tenant === undefined || tenant === '') {
    throw new VendhostError('USAGE', 'the tenant is missing', { hint: 'give --tenant NAME or set VENDHOST_TENANT' });
  }
  return { tenant: tenantFrom(tenant), environment: environmentFrom(options.environment, runtime) };
}

/** A tenant's name from a user. Throws `USAGE` if it is invalid. */
export function tenantFrom(tenant: string): string {
  const parsed = tenantName.safeParse(tenant);
  if (!parsed.success) {
    const allowed = parsed.error.issues.map(({ message }) => message).join(', ');
    throw new VendhostError('USAGE', `"${tenant}" is not a tenant's name: must be ${allowed}`, {
      hint: 'name it as its file in tenants/ of the platform is named',
    });
  }
  return tenant;
}

interface RetentionOptions {
  keep: number;
  'older-than': number;
}

/** `--keep` and `--older-than`. */
export function withRetention<T>(parser: Argv<T>, things: string): Argv<T & RetentionOptions> {
  return parser
    .option('keep', {
      type: 'number',
      requiresArg: true,
      default: defaultRules.keep,
      describe: `So many of the newest ${things} stay`,
    })
    .option('older-than', {
      type: 'number',
      requiresArg: true,
      default: defaultRules.olderThanDays,
      describe: 'Days; what is younger stays',
    });
}

/** Throws `USAGE` for anything but whole numbers: 1 or more to keep, 0 days or more. */
export function retentionFrom({ keep, 'older-than': olderThanDays }: RetentionOptions): RetentionRules {
  checkWhole('--keep', keep, 1);
  checkWhole('--older-than', olderThanDays, 0);
  return { keep, olderThanDays };
}

function checkWhole(option: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new VendhostError('USAGE', `${option} ${value} is not a whole number of ${least} or more`, {
    hint: `give ${option} a whole number of ${least} or more`,
  });
}

/** Parses the number of a GitLab project; throws `USAGE` if it is invalid. */
export function projectNumber(command: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    throw new VendhostError('USAGE', `--project-id "${text}" is wrong: must be the number of a GitLab project`, {
      hint: `see \`vendhost ${command} --help\``,
    });
  };
}
