import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { type AuditRecord, auditRecordSchema } from '../config/stored.ts';
import { messageOf } from '../errors.ts';

export interface AuditQuery extends Place {
  /** Most records to read. */
  readonly limit: number;
  /** Only records of this action: `host restart`; without it all. */
  readonly action: string | undefined;
}

export interface Audit {
  /** Newest first. */
  readonly records: readonly AuditRecord[];
  /** Records that are there and cannot be read: their keys, and why. */
  readonly unreadable: readonly { readonly key: string; readonly why: string }[];
  /** Older records that were not looked at. */
  readonly older: number;
}

/** How many records are read at the same time. */
const atOnce = 16;

/** Reads the newest records of a tenant's actions. The keys of all are listed, page by page: S3 lists the oldest first. */
export async function readAudit(aws: Aws, bucket: string, { tenant, limit, action }: AuditQuery): Promise<Audit> {
  const objects = new ConditionalObjects(aws, bucket, auditRecordSchema);
  const prefix = keys.auditRecords(tenant);
  const newest = (await objects.list(prefix)).sort().reverse();
  const records: AuditRecord[] = [];
  const unreadable: { key: string; why: string }[] = [];
  let looked = 0;
  while (looked < newest.length && records.length < limit) {
    // Without an action each is wanted, so no more are read than that.
    const size = action === undefined ? Math.min(atOnce, limit - records.length) : atOnce;
    const batch = newest.slice(looked, looked + size).map((name) => `${prefix}${name}`);
    for (const one of await Promise.all(batch.map((key) => readOne(objects, key)))) {
      if (records.length >= limit) break;
      looked += 1;
      if ('why' in one) unreadable.push(one);
      else if (action === undefined || one.record.action === action) records.push(one.record);
    }
  }
  return { records, unreadable, older: newest.length - looked };
}

type One = { readonly record: AuditRecord } | { readonly key: string; readonly why: string };

async function readOne(objects: ConditionalObjects<AuditRecord>, key: string): Promise<One> {
  try {
    const stored = await objects.read(key);
    return stored === undefined ? { key, why: 'it is not there any more' } : { record: stored.value };
  } catch (error) {
    return { key, why: messageOf(error) };
  }
}
