import type { z } from 'zod';
import { VendhostError } from '../errors.ts';

/** Where a text is stored. */
export interface StoredAt {
  readonly bucket: string;
  readonly key: string;
}

/**
 * What a stored JSON text says. Throws `OBJECT_UNREADABLE` for one that is not as Vendhost writes it: somebody wrote it by hand, or
 * another program.
 */
export function parseStored<T>(schema: z.ZodType<T>, text: string, { bucket, key }: StoredAt): T {
  const parsed = schema.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  const keys = parsed.error.issues.map(({ path }) => path.join('.')).filter((each) => each !== '');
  const place = `s3://${bucket}/${key}`;
  throw new VendhostError('OBJECT_UNREADABLE', `${place} is not as Vendhost writes it`, {
    details: keys.map((each) => `missing or wrong in it: ${each}`),
    hint: `ask the platform team to look at it: aws s3 cp ${place} -; a version before it: aws s3api list-object-versions --bucket ${bucket} --prefix ${key}`,
    cause: parsed.error,
  });
}

/** Whether `parseStored` threw it. */
export function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof VendhostError && thrown.code === 'OBJECT_UNREADABLE';
}

/** `undefined` for what is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
