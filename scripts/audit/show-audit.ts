import { readPlatformFacts } from '../aws/read-facts.ts';
import { openAws } from '../aws/session.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { ellipsized, tableLines } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { type AuditQuery, readAudit, type WrittenRecord } from './read-audit.ts';

/** Prints what was done to a tenant's host and releases, newest first; ends with 1 when a record cannot be read. */
export async function showAudit(runtime: Runtime, query: AuditQuery): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const aws = openAws(runtime);
  const { bucket } = await readPlatformFacts(aws, query.environment);
  const { records, unreadable, older } = await readAudit(aws, bucket, query);
  for (const { key, why } of unreadable) out.warn(`unknown: s3://${bucket}/${key} cannot be read: ${why}`);
  const lines = records.length === 0 ? ['no record'] : tableLines([head, ...records.map(rowOf)]);
  const rest = older === 0 ? [] : [`${older} older: give a larger --limit`];
  out.result({ records, unreadable, older }, [...lines, ...rest].join('\n'));
  return unreadable.length === 0 ? undefined : exitCodes.failed;
}

const head = ['when', 'action', 'target', 'by', 'before', 'after', 'reason'];

/** A record as a line of the table; long texts are truncated, `--json` has them in full. */
export function rowOf({ at, writtenAt, action, target, by, before, after, reason }: WrittenRecord): string[] {
  const who = by.job === '' ? by.user : `${by.user} ${by.job}`;
  return [(writtenAt || at).replace(/\.\d+Z$/, 'Z'), action, target, who, short(before), short(after), short(reason)];
}

const shown = 60;

function short(text: string): string {
  return ellipsized(shown, text.replaceAll(/\s+/g, ' ').trim());
}
