import { keys } from '../../config/names.ts';
import type { Difference, GrantOf, HeldHost, HeldPriority, Ownership } from './ownership.ts';

/** Claims that no record explains, and hosts of records that are not claimed. */
export function claimDifferences(ownership: Ownership): Difference[] {
  const { hosts, priorities, records, abandoned = [] } = ownership;
  return [
    ...hosts.flatMap((held) => ofHost(ownership, held)),
    ...priorities.flatMap((held) => ofPriority(ownership, held)),
    ...abandoned.map((folder) => ofListener(ownership, folder)),
    ...records.flatMap((record) => ofRecord(ownership, record)),
  ];
}

function ofHost(ownership: Ownership, { host, tenant }: HeldHost): Difference[] {
  const orphaned = withoutRecord(ownership, { what: host, key: keys.hostClaim(host), tenant });
  const record = ownership.records.find((each) => each.tenant === tenant)?.content;
  if (orphaned.length > 0 || record === undefined || record.hosts.includes(host)) return orphaned;
  const text = `${tenant} claimed ${host}, which is not in its record`;
  const next = `vendhost tenant vend ${tenant} --environment ${ownership.environment}: it adds the host to the record, or releases it if it is not in the file`;
  return [{ kind: 'CLAIM_NOT_RECORDED', text, next }];
}

/** A number of a vended tenant is in use by a rule, or is the one its own record of numbers names: a vend that goes on takes it. */
function ofPriority(ownership: Ownership, { balancer, priority, tenant, key, recorded }: HeldPriority): Difference[] {
  const what = `priority ${priority} of ${balancer}`;
  const orphaned = withoutRecord(ownership, { what, key, tenant });
  const used = ownership.rules.some((rule) => rule.balancer === balancer && rule.priority === priority);
  if (orphaned.length > 0 || recorded || used) return orphaned;
  const text = `${tenant} claimed ${what}, which no rule has and its own record of numbers does not name`;
  return [{ kind: 'CLAIM_WITHOUT_RULE', text, next: removal(ownership, key) }];
}

function ofListener({ bucket }: Ownership, folder: string): Difference {
  const text = `${folder} has claims on a listener that the environment does not publish`;
  const next = `if its load balancer was deleted for good: aws s3 rm --recursive s3://${bucket}/${folder}`;
  return { kind: 'CLAIM_WITHOUT_LISTENER', text, next };
}

function withoutRecord(
  { bucket, environment, records }: Ownership,
  { what, key, tenant }: { what: string; key: string; tenant: string | undefined },
): Difference[] {
  if (tenant === undefined) {
    const next = `look at it: aws s3 cp s3://${bucket}/${key} -; earlier versions: aws s3api list-object-versions --bucket ${bucket} --prefix ${key}`;
    return [{ kind: 'CLAIM_UNREADABLE', text: `the claim of ${what} is not as Vendhost writes it`, next }];
  }
  if (records.some((record) => record.tenant === tenant)) return [];
  const text = `${tenant} claimed ${what} and has no record in ${environment}`;
  const next = `vendhost tenant vend ${tenant} --environment ${environment}; or, if it was removed: ${removal({ bucket }, key)}`;
  return [{ kind: 'CLAIM_WITHOUT_RECORD', text, next }];
}

function ofRecord({ environment, hosts }: Ownership, { tenant, content }: GrantOf): Difference[] {
  if (content === undefined) {
    const text = `the record of ${tenant} is not as Vendhost writes it`;
    return [{ kind: 'RECORD_UNREADABLE', text, next: `vendhost tenant vend ${tenant} --environment ${environment}` }];
  }
  return content.hosts.flatMap((host): Difference[] => {
    const claim = hosts.find((each) => each.host === host);
    if (claim !== undefined && (claim.tenant === undefined || claim.tenant === tenant)) return [];
    const text = `${host} is in the record of ${tenant}, and ${claim?.tenant ?? 'nobody'} claimed it`;
    return [
      { kind: 'RECORD_HOST_UNCLAIMED', text, next: `vendhost tenant vend ${tenant} --environment ${environment}` },
    ];
  });
}

function removal({ bucket }: Pick<Ownership, 'bucket'>, key: string): string {
  return `aws s3 rm s3://${bucket}/${key}`;
}
