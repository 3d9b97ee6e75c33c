import { platformFacts } from '../../aws/read-facts.ts';
import { partValue, type StatusPart } from '../../aws/status-part.ts';
import type { Environment } from '../../config/environment.ts';
import { names } from '../../config/names.ts';
import type { EnvironmentConfig, PlatformConfig } from '../../config/platform.ts';
import type { TenantConfig } from '../../config/tenant.ts';
import { messageOf } from '../../errors.ts';
import { groupByBand } from '../../listener/priority.ts';
import { listenerId } from '../../listener/priority-claim.ts';
import { tenantOf } from '../../platform/account-stacks.ts';
import type { TenantFile } from '../../platform/status/tenant-files.ts';
import { isGood } from '../../stack/stack-state.ts';
import type { ChosenEnvironment } from '../environments.ts';
import { type DeployedTenants, recordedHosts } from './read-deployed.ts';
import { markReasons, vendKey } from './vend-key.ts';

/** `unknown`: something could not be read, and nothing that could be differs. `retire`: vended, but without a file. */
export type RegisterState = 'as wanted' | 'new' | 'changed' | 'retire' | 'unknown';

/** A tenant in an environment, by its file and by what is deployed. */
export interface RegisterRow {
  readonly tenant: string;
  readonly environment: Environment;
  readonly state: RegisterState;
  /** Why it has this state. */
  readonly reasons: readonly string[];
}

export interface Register {
  readonly environment: Environment;
  readonly config: EnvironmentConfig;
  readonly platform: PlatformConfig;
  /** All files in `tenants/`. */
  readonly files: readonly TenantFile[];
  readonly deployed: DeployedTenants;
  /** Host → tenant, of claims that no record explains. */
  readonly owners: StatusPart<ReadonlyMap<string, string>>;
  /** `readLibrary`. */
  readonly library: string;
}

/** Every tenant that has a file, or anything in the environment, in the order of their names. */
export function compareRegister(register: Register): RegisterRow[] {
  const { environment, files, deployed } = register;
  const found = new Set([
    ...files.map(({ tenant }) => tenant),
    ...(partValue(deployed.records)?.keys() ?? []),
    ...[...(partValue(deployed.stacks)?.keys() ?? [])].flatMap((stack) => tenantOf(environment, stack) ?? []),
    ...(partValue(register.owners)?.values() ?? []),
    ...(partValue(deployed.bands) ?? []).map(({ tenant }) => tenant),
  ]);
  return [...found].sort().flatMap((tenant) => registerRow(register, tenant) ?? []);
}

/** The tenant in the environment, with the hosts its file gives it there; `undefined` for a file without hosts there. */
export function chosenHere(
  { environment, config }: Pick<Register, 'environment' | 'config'>,
  tenant: TenantConfig,
): ChosenEnvironment | undefined {
  const hosts = tenant.hosts[environment];
  if (hosts === undefined) return undefined;
  return { environment, config: { ...config, branch: tenant.branches[environment] ?? config.branch }, hosts };
}

function registerRow(register: Register, tenant: string): RegisterRow | undefined {
  const { environment, files } = register;
  const file = files.find((each) => each.tenant === tenant);
  const row = (state: RegisterState, reasons: readonly string[]): RegisterRow => {
    return { tenant, environment, state, reasons };
  };
  if (file !== undefined && file.config === undefined)
    return row('unknown', [`tenants/${tenant}.yml is not valid: vendhost config check`]);
  const chosen = file?.config && chosenHere(register, file.config);
  const left = remains(register, tenant);
  const unread = unreadParts(register);
  if (file?.config === undefined || chosen === undefined) {
    if (left.length > 0) return row('retire', left);
    // What could not be read may have something of a tenant whose file went; the parts are named once, with the environment.
    return undefined;
  }
  const { records } = register.deployed;
  if ('value' in records && !records.value.has(tenant))
    return row(
      'new',
      left.map((what) => `${what} already`),
    );
  const reasons = changesOf(register, tenant, file.config, chosen);
  if (reasons.length > 0) return row('changed', reasons);
  return unread.length > 0 ? row('unknown', unread) : row('as wanted', []);
}

/** What the environment has under a tenant's name. */
function remains({ environment, deployed, owners }: Register, tenant: string): string[] {
  const layers = ['access', 'entry', 'data', 'host'] as const;
  const stacks = layers.map((layer) => names.tenantStack({ environment, tenant }, layer));
  const hosts = [...(partValue(owners) ?? [])].flatMap(([host, owner]) => (owner === tenant ? [host] : []));
  return [
    ...(partValue(deployed.records)?.has(tenant) === true ? ['it has a record'] : []),
    ...stacks.filter((stack) => partValue(deployed.stacks)?.has(stack)).map((stack) => `there is ${stack}`),
    ...(hosts.length === 0 ? [] : [`it claimed ${hosts.join(', ')}`]),
    ...(partValue(deployed.bands)?.some((each) => each.tenant === tenant) === true
      ? ['it has numbers of listener rules']
      : []),
  ];
}

function changesOf(register: Register, tenant: string, config: TenantConfig, chosen: ChosenEnvironment): string[] {
  const { deployed } = register;
  return [
    ...keyReasons(register, tenant, config, chosen),
    ...stackReasons(register, tenant),
    ...claimReasons(register, tenant, chosen),
    ...('value' in deployed.facts ? bandReasons(register, tenant, config, chosen) : []),
  ];
}

function keyReasons(register: Register, tenant: string, config: TenantConfig, chosen: ChosenEnvironment): string[] {
  const { deployed, platform, library } = register;
  const record = partValue(deployed.records)?.get(tenant);
  const marks = partValue(deployed.marks);
  const facts = partValue(deployed.facts);
  if (record === undefined || marks === undefined || facts === undefined) return [];
  try {
    const own = platformFacts(facts, config.load_balancer);
    const key = vendKey({ tenant: config, platform, chosen, facts: own, library }, record);
    return markReasons(marks.get(tenant) ?? [], key);
  } catch (error) {
    return [`the platform's facts for it: ${messageOf(error)}`];
  }
}

function stackReasons({ environment, deployed }: Register, tenant: string): string[] {
  const stacks = partValue(deployed.stacks);
  if (stacks === undefined) return [];
  return (['access', 'entry'] as const).flatMap((layer) => {
    const stack = names.tenantStack({ environment, tenant }, layer);
    const status = stacks.get(stack);
    if (status === undefined) return [`${stack} is missing`];
    return isGood(status) ? [] : [`${stack} is ${status}`];
  });
}

function claimReasons({ deployed, owners }: Register, tenant: string, { hosts }: ChosenEnvironment): string[] {
  const claimed = partValue(deployed.hosts);
  const recorded = recordedHosts(partValue(deployed.records)?.get(tenant) ?? '');
  const held = [...(partValue(owners) ?? [])].flatMap(([host, owner]) => (owner === tenant ? [host] : []));
  const left = [...new Set([...recorded, ...held])].filter((host) => claimed?.has(host) && !hosts.includes(host));
  return [
    ...(claimed === undefined
      ? []
      : hosts.filter((host) => !claimed.has(host)).map((host) => `nobody claimed ${host}`)),
    ...left.map((host) => `it still claims ${host}`),
  ];
}

/** Numbers on record for rules that the tenant no longer has: a vend releases them at its end. */
function bandReasons(
  { deployed }: Register,
  tenant: string,
  config: TenantConfig,
  chosen: ChosenEnvironment,
): string[] {
  const arn = partValue(deployed.facts)?.values[names.balancerFact('listener-arn', config.load_balancer)];
  const wanted = groupByBand(chosen.hosts).map(({ band }) => band.name);
  const listener = arn === undefined ? undefined : listenerId({ listenerArn: arn });
  return (partValue(deployed.bands) ?? [])
    .filter((each) => each.tenant === tenant && !(each.listener === listener && wanted.includes(each.band)))
    .map(({ band, listener: of }) => `it still has a number for ${band} hosts on ${of}`);
}

/** What could not be read of the environment, in words. */
export function unreadParts({ deployed, owners }: Pick<Register, 'deployed' | 'owners'>): string[] {
  const all: Readonly<Record<string, StatusPart<unknown>>> = {
    ...{ facts: deployed.facts, records: deployed.records, stacks: deployed.stacks, 'marks of vends': deployed.marks },
    ...{ 'claims of hosts': deployed.hosts, 'claims of listener rules': deployed.bands, 'owners of claims': owners },
  };
  return Object.entries(all).flatMap(([name, part]) => ('unknown' in part ? [`${name}: ${part.unknown}`] : []));
}
