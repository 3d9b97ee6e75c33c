import type { ValidationRecord } from '../certificate.ts';
import type { GrantOf } from './ownership.ts';
import type { BalancerStatus } from './parts.ts';

/** A record that somebody creates where the domain's DNS is. */
export interface DnsRecord {
  readonly name: string;
  /** `ALIAS` is what the DNS server has in the place of a CNAME for a domain itself: in Route 53, A with an alias target. */
  readonly type: string;
  readonly value: string;
  readonly purpose: 'hosts' | 'certificate';
}

export interface DnsNeeds {
  readonly domain: string;
  /** In the order of their numbers. */
  readonly balancers: readonly Pick<BalancerStatus, 'dns'>[];
  readonly tenants: readonly GrantOf[];
  /** What ACM wants to see, to issue the certificate and to renew it. */
  readonly validation: readonly ValidationRecord[];
}

/**
 * The records that an environment needs: a wildcard for the first load balancer, which covers names of any depth
 * (https://www.rfc-editor.org/rfc/rfc4592#section-2.2.1); each host that it does not cover, or that another one serves; and those
 * that validate the certificate.
 */
export function dnsRecords({ domain, balancers, tenants, validation }: DnsNeeds): DnsRecord[] {
  const first = balancers[0]?.dns;
  const own = tenants.flatMap(({ content }) =>
    (content?.hosts ?? []).flatMap((host): DnsRecord[] => {
      const number = content?.loadBalancer ?? 1;
      const value = balancers[number - 1]?.dns;
      if (value === undefined || (number === 1 && host !== domain)) return [];
      return [{ name: host, type: host === domain ? 'ALIAS' : 'CNAME', value, purpose: 'hosts' }];
    }),
  );
  return [
    ...(first === undefined ? [] : [{ name: `*.${domain}`, type: 'CNAME', value: first, purpose: 'hosts' as const }]),
    ...own,
    ...validation.map((record) => ({ ...record, purpose: 'certificate' as const })),
  ];
}
