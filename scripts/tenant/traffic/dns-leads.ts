import { Resolver } from 'node:dns/promises';

/** Answers to questions about a name; throws when there are none. */
export interface DnsAsker {
  cname(name: string): Promise<readonly string[]>;
  addresses(name: string): Promise<readonly string[]>;
}

/** A name below a wildcard that nobody has a separate record for. */
const anyLabel = 'vendhost-dns-check';

/**
 * Whether DNS leads every host to a load balancer, as far as is visible from here: by a CNAME, or by nothing but addresses that the load
 * balancer has too. `false` also when DNS does not answer, or with a proxy's addresses.
 * @param balancer its DNS name
 */
export async function leadTo(
  hosts: readonly string[],
  balancer: string,
  dns: DnsAsker = systemDns(),
): Promise<boolean> {
  const own = await orNone(dns.addresses(balancer));
  const answers = hosts.map(async (host) => {
    const name = host.replace(/^\*/, anyLabel);
    if ((await orNone(dns.cname(name))).some((target) => isSame(target, balancer))) return true;
    const addresses = await orNone(dns.addresses(name));
    return addresses.length > 0 && addresses.every((address) => own.includes(address));
  });
  return (await Promise.all(answers)).every((leads) => leads);
}

/** Whether DNS visibly leads any of the hosts to any of these load balancers. */
export async function anyLeadsTo(
  hosts: readonly string[],
  balancers: readonly string[],
  dns: DnsAsker = systemDns(),
): Promise<boolean> {
  const answers = hosts.flatMap((host) => balancers.map((balancer) => leadTo([host], balancer, dns)));
  return (await Promise.all(answers)).includes(true);
}

function isSame(one: string, other: string): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');
  return plain(one) === plain(other);
}

async function orNone(answer: Promise<readonly string[]>): Promise<readonly string[]> {
  return await answer.catch(() => []);
}

function systemDns(): DnsAsker {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  return { cname: (name) => resolver.resolveCname(name), addresses: (name) => resolver.resolve4(name) };
}
