import { isBegin, maintenanceAction } from '../../audit/maintenance.ts';
import { readAudit, type WrittenRecord } from '../../audit/read-audit.ts';
import type { Aws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';

/** A page answers for the tenant's hosts. What no record says is absent. */
export interface Maintenance {
  /** Milliseconds since 1970, by S3's clock. */
  readonly since?: number;
  readonly by?: string;
  /** Address of the job that vended or switched it. */
  readonly job?: string;
  /** A job of the tenant's switched it on, and one can switch it off. */
  readonly isSwitched?: true;
}

/** So many of the newest audit records are looked through: maintenance is short, or an older version of Vendhost wrote none. */
const most = 500;

/** When maintenance began, as the newest audit record of that has it. */
export async function readBegin(aws: Aws, place: Place): Promise<Maintenance> {
  const bucket = names.bucket(place.environment, await aws.account(), aws.region);
  const query = { ...place, action: maintenanceAction, limit: most, most };
  const { records } = await readAudit(aws, bucket, query);
  return beginOf(records);
}

/** @param records newest first */
export function beginOf(
  records: readonly Pick<WrittenRecord, 'action' | 'after' | 'by' | 'at' | 'writtenAt'>[],
): Maintenance {
  const begin = records.find(isBegin);
  if (begin === undefined) return {};
  const { user, job } = begin.by;
  const since = Date.parse(begin.writtenAt || begin.at);
  return { ...(Number.isNaN(since) ? {} : { since }), ...(user && { by: user }), ...(job && { job }) };
}
