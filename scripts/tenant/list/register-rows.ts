import { names } from '../../config/names.ts';
import type { Granted, GrantOf } from '../../platform/status/ownership.ts';
import { recordDifferences } from '../../platform/status/record-differences.ts';

/** What the register and an environment know of its tenants; each list is whole. */
export interface RegisterFacts {
  readonly environment: string;
  /** By the files in `tenants/`; `undefined` where that folder is not there. */
  readonly files: readonly RegisteredTenant[] | undefined;
  readonly records: readonly GrantOf[];
  /** Names of all stacks of the account. */
  readonly stacks: readonly string[];
}

/** A tenant's file, as far as it grants something in the environment; without a content it is not valid. */
export interface RegisteredTenant extends GrantOf {
  readonly intake?: string | undefined;
}

export type ListedState =
  | 'vended'
  | 'not vended'
  | 'vended in part'
  | 'to be retired'
  | 'retired in part'
  | 'not valid';

export interface ListedTenant {
  readonly tenant: string;
  readonly environment: string;
  readonly state: ListedState;
  readonly project: string;
  readonly hosts: readonly string[];
  readonly loadBalancer: number | undefined;
  /** What starts releases besides the project's jobs. */
  readonly intake: string | undefined;
  /** Whether it has a virtual host, and a data stack. */
  readonly host: boolean;
  readonly data: boolean;
  /** Where file and record differ, and what to do about it. */
  readonly differences: readonly string[];
}

const layers = ['access', 'entry', 'data', 'host'] as const;

/** All tenants that the register, a record or a stack names, in the order of their names. */
export function registerRows(facts: RegisterFacts): ListedTenant[] {
  const { environment, files, records, stacks } = facts;
  const ofStacks = stacks.flatMap((name) => {
    const prefix = `vendhost-${environment}-`;
    const tenant = /^(.+)-(access|entry|data|host)$/.exec(
      name.startsWith(prefix) ? name.slice(prefix.length) : '',
    )?.[1];
    // The platform's own access stack has no tenant in its name.
    return tenant === undefined ? [] : [tenant];
  });
  const all = [...(files ?? []), ...records].map(({ tenant }) => tenant);
  return [...new Set([...all, ...ofStacks])].sort().map((tenant) => registerRow(facts, tenant));
}

function registerRow({ environment, files, records, stacks }: RegisterFacts, tenant: string): ListedTenant {
  const file = files?.find((each) => each.tenant === tenant);
  const record = records.find((each) => each.tenant === tenant);
  const own = layers.filter((layer) => stacks.includes(names.tenantStack({ environment, tenant }, layer)));
  const shown: Granted | undefined = file?.content ?? record?.content;
  const compared = {
    ...{ environment, bucket: '', rules: [], hosts: [], priorities: [] },
    records: record === undefined ? [] : [record],
    ...(files === undefined ? {} : { files: file === undefined ? [] : [file] }),
  };
  return {
    ...{ tenant, environment },
    state: stateOf(files === undefined, file, record, own.length),
    project: shown?.project ?? '',
    hosts: shown?.hosts ?? [],
    loadBalancer: shown?.loadBalancer,
    intake: file?.intake,
    host: own.includes('host'),
    data: own.includes('data'),
    differences: recordDifferences(compared).map(({ text, next }) => `${text}: ${next}`),
  };
}

/** A record is the last thing that vending writes and the last that retiring removes; without one, stacks are the rest of either. */
function stateOf(
  isWithoutRegister: boolean,
  file: RegisteredTenant | undefined,
  record: GrantOf | undefined,
  stacks: number,
): ListedState {
  if (isWithoutRegister) return record === undefined ? 'vended in part' : 'vended';
  if (file === undefined) return record === undefined ? 'retired in part' : 'to be retired';
  if (file.content === undefined) return 'not valid';
  if (record !== undefined) return 'vended';
  return stacks > 0 ? 'vended in part' : 'not vended';
}

/** Cells of the table. */
export function registerCells(row: ListedTenant): string[] {
  const { tenant, environment, state, hosts, loadBalancer, intake, host, data } = row;
  return [
    ...[tenant, environment, state],
    hosts.join(', ') || 'no hosts',
    loadBalancer === undefined ? '' : `balancer ${loadBalancer}`,
    intake === undefined ? '' : `intake ${intake}`,
    `${host ? 'host' : 'no host'}${data ? ', database' : ''}`,
  ];
}
