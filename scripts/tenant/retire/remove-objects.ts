import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';

/** DeleteObjects takes so many keys. */
const mostAtOnce = 1000;

/** All keys below a prefix; reads all pages. */
export async function listKeys(aws: Aws, bucket: string, prefix: string): Promise<string[]> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
  const found: string[] = [];
  for await (const page of paginateListObjectsV2({ client: await aws.s3() }, { Bucket: bucket, Prefix: prefix })) {
    found.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  }
  return found;
}

/**
 * Deletes all objects below a prefix; the bucket keeps their versions for a while. Nothing is deleted when the list could not be read to its
 * end. Throws `RETIRE_INCOMPLETE`.
 */
export async function removeObjects(aws: Aws, bucket: string, prefix: string): Promise<void> {
  const { DeleteObjectsCommand } = await import('@aws-sdk/client-s3');
  const all = await listKeys(aws, bucket, prefix);
  const client = await aws.s3();
  for (let at = 0; at < all.length; at += mostAtOnce) {
    const Objects = all.slice(at, at + mostAtOnce).map((Key) => ({ Key }));
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    if (Errors.length === 0) continue;
    throw new VendhostError(
      'RETIRE_INCOMPLETE',
      `cannot delete ${Errors.length} objects below ${prefix} of ${bucket}`,
      {
        details: Errors.slice(0, 10).map(({ Key, Code, Message }) => `${Key}: ${Code}: ${Message}`),
        hint: 'fix what S3 reports above, then run the command again: it resumes',
      },
    );
  }
}
