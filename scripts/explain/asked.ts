import { hostName, tenantName } from '../config/environment.ts';
import { VendhostError } from '../errors.ts';

/** What somebody asks about, by the form of its name. */
export type AskedName =
  | { readonly kind: 'host' | 'instance' | 'image'; readonly name: string }
  /** An execution, a revision or a commit, whole or a beginning; `tenant` where the name is the key of a revision. */
  | { readonly kind: 'release'; readonly name: string; readonly tenant?: string };

/** Throws `USAGE` for what is no name of any of these. */
export function askedOf(name: string): AskedName {
  if (/^i-[0-9a-f]+$/.test(name)) return { kind: 'instance', name };
  if (/^ami-[0-9a-z]+$/.test(name)) return { kind: 'image', name };
  const [, tenant] = /^software\/([^/]+)\/[0-9a-f]{64}\.zip$/.exec(name) ?? [];
  if (tenant !== undefined && tenantName.safeParse(tenant).success) return { kind: 'release', name, tenant };
  if (/^[0-9a-f]{7,64}$|^[0-9a-f]{8}-[0-9a-f-]{0,27}$/.test(name)) return { kind: 'release', name };
  const host = hostNameOf(name);
  if (hostName.safeParse(host).success) return { kind: 'host', name: host };
  throw new VendhostError('USAGE', `"${name}" is no host, instance, image, revision, commit or execution`, {
    hint: 'give a DNS name, an id of EC2, the key of a revision, or at least 7 characters of a hash or an execution',
  });
}

/** People copy addresses from a browser, with a path or a port, and names from DNS, which end with a dot. */
function hostNameOf(name: string): string {
  const hasScheme = /^https?:\/\//i.test(name);
  const address = hasScheme ? name : `https://${name}`;
  // Without a scheme, what has an @ is somebody's mail address.
  const isAddress = URL.canParse(address) && (hasScheme || !name.includes('@'));
  const host = isAddress ? new URL(address).hostname : name;
  return host.toLowerCase().replace(/\.$/, '');
}

/** The hosts whose owner has this one: itself, then the wildcards over it, the longest first. */
export function hostsOver(host: string): string[] {
  const labels = host.split('.');
  const wildcards = labels.slice(1, -1).map((_label, index) => `*.${labels.slice(index + 1).join('.')}`);
  return [host, ...wildcards.filter((each) => each !== host)];
}
