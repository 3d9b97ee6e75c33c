import type { PlatformFacts } from '../../config/facts.ts';
import { type PlatformConfig, partitionOf } from '../../config/platform.ts';
import { portIn, type TenantConfig } from '../../config/tenant.ts';
import { digest } from '../../host/key/provision-key.ts';
import type { ChosenEnvironment } from '../environments.ts';

/** Everything that determines what a tenant has in one environment, except what GitLab reports about its project. */
export interface VendInputs {
  readonly tenant: TenantConfig;
  readonly platform: PlatformConfig;
  readonly chosen: ChosenEnvironment;
  readonly facts: PlatformFacts;
  /** `readLibrary`. */
  readonly library: string;
}

const parts = ['file', 'platform', 'facts', 'library', 'record'] as const;
type KeyPart = (typeof parts)[number];

/** The vend key, in parts, so that a difference can be named. The record is what the vend wrote. */
export type VendKey = Readonly<Record<KeyPart, string>>;

/**
 * Of the file what it says of this environment and of all; of `platform.yml` what a tenant's stacks or variables depend on; the facts whole.
 * @param record the record's text
 */
export function vendKey(inputs: VendInputs, record: string): VendKey {
  const { tenant, platform, chosen, facts, library } = inputs;
  const { environment, config, hosts } = chosen;
  const { account, region, branch, retention_days: days } = config;
  const { gitlab, issuer, audience, approvals, library: shared, webhook } = platform;
  const own = { ...tenant, hosts, branches: branch, port: portIn(tenant, environment) };
  const place = { partition: partitionOf(config), account, region };
  const builds = tenant.intake === 'webhook' ? { webhook } : {};
  const given = { ...place, gitlab, issuer, audience, approvals, shared, logs: days.logs, ...builds };
  return {
    file: digest(own),
    platform: digest(given),
    facts: digest(facts),
    library: digest(library),
    record: digest(record),
  };
}

/** The key as the mark's name has it. */
export function vendKeyText(key: VendKey): string {
  return parts.map((part) => key[part]).join('-');
}

const meanings: Readonly<Record<KeyPart, string>> = {
  file: 'its file has changed since it was vended',
  platform: 'platform.yml has changed since it was vended',
  facts: "the platform's facts have changed since it was vended",
  library: 'another version of Vendhost vended it',
  record: 'its record has changed since it was vended',
};

/** Why a tenant with these marks does not match this key; empty when it does. */
export function markReasons(marks: readonly string[], wanted: VendKey): string[] {
  const [mark, ...others] = marks;
  if (mark === undefined) return ['no vend has finished'];
  if (others.length > 0) return ['two vends ended at the same time'];
  const found = mark.split('-');
  if (found.length !== parts.length) return [meanings.library];
  return parts.flatMap((part, index) => (found[index] === wanted[part] ? [] : [meanings[part]]));
}
