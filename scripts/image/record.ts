import type { Aws } from '../aws/session.ts';
import { keys } from '../config/names.ts';
import { isAbsence } from './bake/lease.ts';
import type { BakeInputs } from './bake-key.ts';

/** Stores what an image was made of, so that the next bake can say what changed. */
export async function writeRecord(
  aws: Aws,
  bucket: string,
  tenant: string,
  key: string,
  inputs: BakeInputs,
): Promise<void> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  const body = `${JSON.stringify(inputs, null, 2)}\n`;
  await (await aws.s3()).send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: keys.bakeInputs(tenant, key),
      Body: body,
      ContentType: 'application/json',
    }),
  );
}

/** What an image was made of; `undefined` when its record is gone. */
export async function readRecord(
  aws: Aws,
  bucket: string,
  tenant: string,
  key: string,
): Promise<BakeInputs | undefined> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  try {
    const { Body } = await (await aws.s3()).send(
      new GetObjectCommand({ Bucket: bucket, Key: keys.bakeInputs(tenant, key) }),
    );
    return JSON.parse((await Body?.transformToString()) ?? '') as BakeInputs;
  } catch (thrown) {
    if (isAbsence(thrown)) return undefined;
    throw thrown;
  }
}
