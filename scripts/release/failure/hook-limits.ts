import { jsonIn, readObjectText } from '../../aws/read-stored.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { revisionPushSchema } from '../../config/stored.ts';

/** Seconds that all scripts of one event of a revision may take together, by event. */
export type HookLimits = Readonly<Record<string, number>>;

/** The limits stored with a revision; none if an older version uploaded it, or its description is missing. */
export async function readHookLimits(aws: Aws, bucket: string, revision: string): Promise<HookLimits> {
  const { S3ServiceException } = await import('@aws-sdk/client-s3');
  const place = { bucket, key: keys.pushOf(revision) };
  const stored = await readObjectText(await aws.s3(), place).catch((error: unknown) => {
    // To a role that may not list the whole bucket, S3 answers 403 for a missing object.
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 403 || status === 404) return undefined;
    throw error;
  });
  return revisionPushSchema.safeParse(jsonIn(stored?.text ?? '')).data?.hookSeconds ?? {};
}
