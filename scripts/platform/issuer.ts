import { lookup } from 'node:dns/promises';
import { BlockList } from 'node:net';
import type { PlatformConfig } from '../config/platform.ts';
import { messageOf, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** What an issuer of ID tokens answers to those who check them (https://openid.net/specs/openid-connect-discovery-1_0.html). */
export interface IssuerFacts {
  /** Why its configuration or its keys could not be read from here. */
  readonly unread?: string;
  /** `issuer` in its configuration; absent where that is not text. */
  readonly issuer?: string;
  /** How many keys it signs with. */
  readonly keys?: number;
  /** Addresses its host has here. */
  readonly addresses?: readonly string[];
}

/** STS waits no longer for an issuer (https://docs.gitlab.com/ci/cloud_services/aws/#couldnt-retrieve-verification-key-from-your-identity-provider-error). */
const limitMs = 5000;

/**
 * Reads what AWS will read to check ID tokens. Throws `ISSUER_WRONG` when the answer is one that AWS refuses tokens for. An issuer
 * that does not answer here may answer AWS, and one that answers here need not: both are said, and neither is refused.
 */
export async function checkIssuer({ out, signal }: Runtime, platform: PlatformConfig): Promise<void> {
  const { faults, warnings, read } = judgeIssuer(platform, await readIssuer(platform.issuer, signal));
  for (const warning of warnings) out.warn(warning);
  if (read !== undefined) out.step(read);
  if (faults.length === 0) return;
  throw new VendhostError(
    'ISSUER_WRONG',
    `AWS would refuse every ID token of ${platform.issuer}; nothing was changed`,
    {
      details: faults,
      hint: hasOwnIssuer(platform)
        ? 'correct what the issuer publishes, or set issuer in platform.yml to ci_id_tokens_issuer_url of GitLab, letter by letter'
        : 'set gitlab in platform.yml to external_url of GitLab, letter by letter, or issuer to its ci_id_tokens_issuer_url',
    },
  );
}

export async function readIssuer(issuer: string, signal: AbortSignal): Promise<IssuerFacts> {
  try {
    const configuration = await readJson(`${issuer}/.well-known/openid-configuration`, signal);
    const published = typeof configuration.issuer === 'string' ? { issuer: configuration.issuer } : {};
    if (typeof configuration.jwks_uri !== 'string') return { ...published, keys: 0 };
    const { keys } = await readJson(configuration.jwks_uri, signal);
    const addresses = await lookup(new URL(issuer).hostname, { all: true }).catch(() => []);
    return {
      ...published,
      keys: Array.isArray(keys) ? keys.length : 0,
      addresses: addresses.map(({ address }) => address),
    };
  } catch (thrown) {
    signal.throwIfAborted();
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    return { unread: messageOf(cause) };
  }
}

/** Decides what an issuer's answer means for AWS. */
export function judgeIssuer(platform: Pick<PlatformConfig, 'gitlab' | 'issuer'>, facts: IssuerFacts) {
  const { issuer } = platform;
  const wayOut = hasOwnIssuer(platform)
    ? 'publish both at issuer for everybody'
    : 'where GitLab cannot be reached from the internet, set issuer in platform.yml (docs/gitlab.md)';
  if (facts.unread !== undefined) {
    const warning = `cannot read ${issuer}/.well-known/openid-configuration and its keys from here: ${facts.unread}; AWS must be able to: ${wayOut}`;
    return { faults: [], warnings: [warning], read: undefined };
  }
  const { issuer: published, keys = 0, addresses = [] } = facts;
  const faults = [
    ...(published === issuer
      ? []
      : [`its configuration names the issuer ${published ?? 'nobody'}, platform.yml ${issuer}`]),
    ...(keys > 0 ? [] : ['it publishes no keys at jwks_uri']),
  ];
  const isPrivate = addresses.length > 0 && addresses.every(isInside);
  const inside = `${issuer} is at ${addresses.join(', ')} here, where AWS does not come: ${wayOut}`;
  const read = `issuer ${issuer}: configuration and ${keys} key${keys === 1 ? '' : 's'} can be read from here; AWS reads them from the internet, which this run cannot see`;
  return { faults, warnings: isPrivate ? [inside] : [], read: faults.length === 0 ? read : undefined };
}

function hasOwnIssuer({ gitlab, issuer }: Pick<PlatformConfig, 'gitlab' | 'issuer'>): boolean {
  return issuer !== gitlab;
}

async function readJson(address: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) });
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

const insideNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  insideNetworks.addSubnet(network, prefix, 'ipv4');
}
insideNetworks.addSubnet('fc00::', 7, 'ipv6');
insideNetworks.addSubnet('fe80::', 10, 'ipv6');
insideNetworks.addAddress('::1', 'ipv6');

/** Whether an address is in networks that are not routed on the internet (https://www.iana.org/assignments/iana-ipv4-special-registry). */
function isInside(address: string): boolean {
  return insideNetworks.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}
