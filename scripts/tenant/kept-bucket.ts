import type { Aws } from '../aws/session.ts';
import type { FormerRecord } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { existingBuckets } from '../platform/destroy/buckets.ts';

/**
 * Before a tenant gets its bucket: throws `BUCKET_KEPT` when the account has one of that name. It outlived an earlier entry stack,
 * which retains it, and CloudFormation takes no resource over when it creates one.
 */
export async function checkKeptBucket(aws: Aws, place: Place, record: FormerRecord | undefined): Promise<void> {
  if (record?.bucket !== undefined) return;
  const name = names.tenantBucket(place, await aws.account(), aws.region);
  if ((await existingBuckets(aws, [name])).length === 0) return;
  throw new VendhostError('BUCKET_KEPT', `cannot create the bucket of ${place.tenant}: ${name} exists`, {
    details: [`bucket ${name}; to delete it with all that is in it: aws s3 rb --force s3://${name}`],
    hint: 'keep its files by importing it (runbook, "Data that outlived its stack"), or empty and delete it; then vend again',
  });
}
