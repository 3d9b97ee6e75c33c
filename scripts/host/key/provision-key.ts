import { createHash } from 'node:crypto';
import type { PlatformFacts, TenantRecord } from '../../config/facts.ts';
import type { VendhostConfig } from '../../config/vendhost.ts';
import type { StackState } from '../../stack/stack-state.ts';
import { type HealthCheck, healthCheckText } from '../health/health-check.ts';

/** Everything that determines a virtual host. */
export interface KeyInputs {
  /** `vendhost.yml` with its defaults. */
  readonly config: VendhostConfig;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  /** Image the instances start from. */
  readonly image: string;
  /** `readLibrary`. */
  readonly library: string;
}

const parts = ['configuration', 'facts', 'record', 'image', 'library'] as const;
type KeyPart = (typeof parts)[number];

/** The provision key, in parts, so that a difference can be named. */
export type ProvisionKey = Readonly<Record<KeyPart, string>>;

/** All facts and the whole record, whether a template uses them or not: anything left out by mistake would be missed for ever. */
export function provisionKey({ config, facts, record, image, library }: KeyInputs): ProvisionKey {
  return { configuration: digest(config), facts: digest(facts), record: digest(record), image, library };
}

/** A key as the host stack has it. */
export function keyText(key: ProvisionKey): string {
  return parts.map((part) => `${part}=${key[part]}`).join(' ');
}

/** Parameters of the host stack that record what it was provisioned from. */
export interface Provenance {
  readonly ProvisionKey: string;
  /** The first commit with this key: another commit alone changes nothing. */
  readonly ProvisionCommit: string;
  readonly DataUpdated: string;
  /** What a release sets when it has succeeded. */
  readonly HealthCheck: string;
}

/** What a stack records about what it was provisioned from. */
export function provenanceOf(deployed: Readonly<Record<string, string>>): Provenance {
  const { ProvisionKey = 'none', ProvisionCommit = 'none', DataUpdated = 'none', HealthCheck = 'none' } = deployed;
  return { ProvisionKey, ProvisionCommit, DataUpdated, HealthCheck };
}

export interface ProvisionedFrom {
  readonly key: ProvisionKey;
  readonly commit: string;
  /** The data stack. */
  readonly data: Pick<StackState, 'updatedAt'> | undefined;
  readonly healthCheck: HealthCheck;
}

/** What it will record when everything else has succeeded. */
export function provenance(
  deployed: Readonly<Record<string, string>>,
  { key, commit, data, healthCheck }: ProvisionedFrom,
): Provenance {
  const ProvisionKey = keyText(key);
  const before = provenanceOf(deployed);
  const ProvisionCommit = before.ProvisionKey === ProvisionKey ? before.ProvisionCommit : commit || 'none';
  return { ProvisionKey, ProvisionCommit, DataUpdated: dataUpdated(data), HealthCheck: healthCheckText(healthCheck) };
}

/** Whether a stack has these parameters already. */
export function isKept(deployed: Readonly<Record<string, string>>, wanted: Provenance): boolean {
  return Object.entries(wanted).every(([name, value]) => deployed[name] === value);
}

const begun = 'unfinished';

/** The same while a roll-out is pending: a provision that is killed before the end does not count. The key's templates are deployed by then. */
export function unfinished({ ProvisionKey }: Provenance): Pick<Provenance, 'ProvisionKey'> {
  return { ProvisionKey: `${begun} ${ProvisionKey}` };
}

/** When the data stack was last updated: a provision may die between it and the host stack. */
export function dataUpdated(data: Pick<StackState, 'updatedAt'> | undefined): string {
  return data?.updatedAt ?? 'none';
}

/** What differs between the key on a host stack and the one wanted, one line each. */
export function keyChanges(deployed: string | undefined, wanted: ProvisionKey): string[] {
  if (deployed?.startsWith(begun) === true) return ['the last provision did not finish'];
  const before = keyFrom(deployed);
  if (before === undefined) return ['it was provisioned by a version of Vendhost that kept no key'];
  return parts.flatMap((part) => {
    const [old, now] = [before[part], wanted[part]];
    if (old === now) return [];
    return [
      part === 'image' || part === 'library' ? `${words[part]} changed: ${old} → ${now}` : `${words[part]} changed`,
    ];
  });
}

/** Whether the templates are those that were deployed with a key, even an unfinished one: an image is a parameter of them. */
export function sameTemplates(deployed: string | undefined, wanted: ProvisionKey): boolean {
  const before = keyFrom(deployed);
  return before !== undefined && keyText({ ...before, image: wanted.image }) === keyText(wanted);
}

const words: Readonly<Record<KeyPart, string>> = {
  configuration: 'vendhost.yml',
  facts: 'what the platform publishes',
  record: "the tenant's record",
  image: 'image',
  library: 'version of Vendhost',
};

function keyFrom(text = ''): ProvisionKey | undefined {
  const found = new Map(text.split(' ').map((item) => item.split('=', 2) as [string, string | undefined]));
  const values = parts.map((part) => [part, found.get(part)] as const);
  return values.every(([, value]) => value !== undefined) ? (Object.fromEntries(values) as ProvisionKey) : undefined;
}

/** The first 48 bits of a hash; the order of keys does not matter. */
/** Hash of a value, independent of the order of its keys. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 12);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return item;
    return Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
  });
}
