import type { Place } from '../../config/names.ts';
import type { BalancerMove } from './balancer.ts';

/** The state of a move to another load balancer, and who does what next. */
export function moveLines(place: Place, hosts: readonly string[], move: BalancerMove): string[] {
  const { environment, tenant } = place;
  const { from, to, dns, waitsFor } = move;
  const vend = `vendhost tenant vend ${tenant} --environment ${environment}`;
  const title = `${environment}: ${tenant} moves from load balancer ${from} to ${to}`;
  const records = hosts.map((host) => `  ${host}: ${dns.from} → ${dns.to}`);
  switch (waitsFor) {
    case undefined:
      return [
        `${environment}: ${tenant} has moved from load balancer ${from} to ${to}`,
        "next: the owner of the domain's DNS changes these records:",
        ...records,
      ];
    case 'attach':
      return [
        `${title}; both have its rules`,
        `next: the tenant runs its pipeline: vendhost host provision attaches the instances to both; then you: ${vend}`,
      ];
    case 'health':
      return [
        `${title}; the instances are attached to both, and not all of them are healthy in ${to} yet`,
        `next: you, when a health check has passed: ${vend}`,
      ];
    case 'dns':
      return [
        `${title}; the instances are healthy in both, but DNS does not visibly lead to ${to}`,
        "next: the owner of the domain's DNS changes these records, and waits for their former TTL:",
        ...records,
        `then you: ${vend}; with --dns-moved if DNS cannot be queried, or hosts are behind a proxy (it is ignored while DNS visibly leads to ${from})`,
      ];
    case 'detach':
      return [
        `${title}; DNS leads to ${to}, and ${from} still has its rules`,
        `next: the tenant runs its pipeline: vendhost host provision detaches the instances from ${from}; then you: ${vend}`,
      ];
  }
}
