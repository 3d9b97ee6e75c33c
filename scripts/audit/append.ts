import { randomBytes } from 'node:crypto';
import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { type Actor, type AuditRecord, auditRecordSchema } from '../config/stored.ts';
import { actorOf } from '../gitlab/ci-context.ts';
import type { Runtime } from '../runtime.ts';

/** An action, as its record describes it. */
export type AuditEntry = Omit<AuditRecord, 'version' | 'at'>;

/** Whose records these are. */
export interface AuditPlace {
  readonly place: Place;
  /** The environment's bucket. */
  readonly bucket: string;
}

/**
 * Writes the record of an action into the environment's bucket, with secrets masked as in a log. No role of a tenant can change or delete it
 * afterwards, nor write a record of another tenant: their policies and the boundary ensure that, not this code.
 */
export async function appendAudit(
  { out }: Pick<Runtime, 'out'>,
  aws: Aws,
  { place, bucket }: AuditPlace,
  { action, target, before, after, reason, by }: AuditEntry,
): Promise<void> {
  const at = new Date().toISOString();
  const key = keys.auditRecord(place.tenant, `${at}-${randomBytes(4).toString('hex')}`);
  const texts = {
    action,
    target: out.masked(target),
    before: out.masked(before),
    after: out.masked(after),
    reason: out.masked(reason),
  };
  const objects = new ConditionalObjects(aws, bucket, auditRecordSchema);
  const written = await objects.create(key, { version: 1, at, ...texts, by });
  if (written.outcome === 'lost') throw new Error(`another record has the name ${key}`);
}

/** The actor: the job's user, or outside a job the owner of the credentials. */
export async function readActor(aws: Aws, { env }: Pick<Runtime, 'env'>): Promise<Actor> {
  const inJob = actorOf(env);
  if (inJob.job !== '' || inJob.user !== '') return inJob;
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { Arn = '' } = await (await aws.sts()).send(new GetCallerIdentityCommand({}));
  return { ...inJob, user: Arn };
}
