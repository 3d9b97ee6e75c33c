import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, test } from 'vitest';
import { HostClaims } from '../../../scripts/tenant/host-claims.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeBucket } from '../../builders/bucket.ts';

const { aws } = cloudAccount('100000000395');
const bucket = 'claims-in-conflict';
const host = 'shop.example.com';
const claims = (tenant: string) => new HostClaims(aws, bucket, tenant);

beforeAll(async () => makeBucket(await aws.s3(), bucket));

/** So many of the next conditional writes meet another write that is in progress. */
const conflicts = async (count: number) =>
  (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key: '.local-cloud/conflicts', Body: String(count) }));

test('a conflicting write is repeated: the host is claimed, and released', async () => {
  await conflicts(3);
  await claims('shop').claim([host]);
  await expect(claims('blog').plan([host])).rejects.toMatchObject({ code: 'HOST_TAKEN' });
  await conflicts(3);
  await claims('shop').release([host]);
  expect(await claims('blog').plan([host])).toEqual({ claim: [host], keep: [], release: [] });
});

test('a conflict without another write is an error, not a lost race', async () => {
  await conflicts(100);
  await expect(claims('cafe').claim(['cafe.example.com'])).rejects.toMatchObject({
    name: 'ConditionalRequestConflict',
  });
  await conflicts(0);
  await claims('cafe').claim(['cafe.example.com']);
});
