import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { type AuditRecord, auditRecordSchema } from '../config/stored.ts';
import { messageOf } from '../errors.ts';

export interface AuditQuery extends Place {
  /** Most records to read. */
  readonly limit: number;
  /** Only records of this action (`host restart`), or of all that end with it (`restart`); default: all. */
  readonly action: string | undefined;
  /** Only what S3 received at this time or later, in milliseconds since 1970; without it all. */
  readonly since?: number;
  /** Most records to check, of any action; without it all. */
  readonly most?: number;
}

/** A record, and when S3 received it, which no job can set. */
export interface WrittenRecord extends AuditRecord {
  /** ISO 8601, by S3's clock; empty where S3 does not say. */
  readonly writtenAt: string;
}

export interface Audit {
  /** Newest first. */
  readonly records: readonly WrittenRecord[];
  /** Records that exist but cannot be read: their keys, and why. */
  readonly unreadable: readonly { readonly key: string; readonly why: string }[];
  /** Older records that were not checked. */
  readonly older: number;
}

/** How many records are read at the same time. */
const atOnce = 16;

/**
 * Reads the newest records of a tenant's actions. The keys of all are listed, page by page: S3 lists them by name. The newest are those
 * that S3 received last: a key names a time, too, but a job can choose any, and many keys of next year would hide later records.
 */
export async function readAudit(
  aws: Aws,
  bucket: string,
  { tenant, limit, action, since = 0, most = Infinity }: AuditQuery,
): Promise<Audit> {
  const objects = new ConditionalObjects(aws, bucket, auditRecordSchema);
  const prefix = keys.auditRecords(tenant);
  const newest = (await objects.listNewest(prefix)).filter(({ written }) => written >= since);
  const records: WrittenRecord[] = [];
  const unreadable: { key: string; why: string }[] = [];
  let looked = 0;
  // Unreadable objects count: somebody may have written many to hide the records before them.
  const found = () => records.length + unreadable.length;
  while (looked < Math.min(newest.length, most) && found() < limit) {
    // Without an action every record is wanted, so no more than the limit are read.
    const size = action === undefined ? Math.min(atOnce, limit - found()) : atOnce;
    const batch = newest.slice(looked, looked + size);
    for (const one of await Promise.all(batch.map((listed) => readOne(objects, prefix, listed)))) {
      if (found() >= limit) break;
      looked += 1;
      if ('why' in one) unreadable.push(one);
      else if (action === undefined || isAction(one.record, action)) records.push(one.record);
    }
  }
  return { records, unreadable, older: newest.length - looked };
}

function isAction({ action }: AuditRecord, wanted: string): boolean {
  return action === wanted || action.endsWith(` ${wanted}`);
}

type One = { readonly record: WrittenRecord } | { readonly key: string; readonly why: string };

async function readOne(
  objects: ConditionalObjects<AuditRecord>,
  prefix: string,
  { name, written }: { name: string; written: number },
): Promise<One> {
  const key = `${prefix}${name}`;
  try {
    const stored = await objects.read(key);
    if (stored === undefined) return { key, why: 'it no longer exists' };
    return { record: { ...stored.value, writtenAt: written === 0 ? '' : new Date(written).toISOString() } };
  } catch (error) {
    return { key, why: messageOf(error) };
  }
}
