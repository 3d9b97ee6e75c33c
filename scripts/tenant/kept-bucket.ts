import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { existingBuckets } from '../platform/destroy/buckets.ts';
import type { Template } from '../stack/assembly.ts';
import { readTemplate } from '../stack/stack-plan.ts';
import { neverWorks, readStack } from '../stack/stack-state.ts';

/**
 * Before a tenant gets its bucket: throws `BUCKET_KEPT` when the account has one of that name, and the entry stack has none. It
 * outlived an earlier entry stack, which retains it, and CloudFormation adopts no resource when it creates one.
 */
export async function checkKeptBucket(aws: Aws, place: Place): Promise<void> {
  if (await hasBucket(aws, names.tenantStack(place, 'entry'))) return;
  const name = names.tenantBucket(place, await aws.account(), aws.region);
  if ((await existingBuckets(aws, [name])).length === 0) return;
  throw new VendhostError('BUCKET_KEPT', `cannot create the bucket of ${place.tenant}: ${name} exists`, {
    // `aws s3 rb --force` leaves the versions (https://docs.aws.amazon.com/cli/latest/reference/s3/rb.html).
    details: [
      `to delete it: empty it of all versions (runbook, or "Empty" in the console), then: aws s3 rb s3://${name}`,
    ],
    hint: 'keep its files by importing it, or empty and delete it (runbook, "Data that outlived its stack" has both); then vend again',
  });
}

/** Whether a stack that can be updated has a bucket: made by it, or imported. */
async function hasBucket(aws: Aws, stack: string): Promise<boolean> {
  const state = await readStack(aws, stack);
  if (state === undefined || neverWorks(state)) return false;
  const { Resources = {} }: Template = (await readTemplate(aws, state.id)) ?? {};
  return Object.values(Resources).some(({ Type }) => Type === 'AWS::S3::Bucket');
}
