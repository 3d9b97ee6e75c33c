import { beforeAll, expect, test } from 'vitest';
import { bakeInputs } from '../../../scripts/image/bake-key.ts';
import {
  type ImageOwner,
  readKeptRecord,
  recordNaming,
  removeRecord,
  writeRecord,
} from '../../../scripts/image/record.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform } from '../../builders/platform.ts';

const account = cloudAccount('241000000021');
const place = { tenant: 'shop', environment: 'dev' } as const;
const key = 'b'.repeat(64);
const inputs = bakeInputs({
  ...{ place, scripts: [], base: [], template: [], sourceAmi: 'ami-1', architecture: 'x86_64', volumeGib: 8 },
  ...{ encryptionKey: 'key', packer: '1.6.6' },
});
const from = { environment: 'staging', image: 'ami-0', account: '1', job: '', at: '' };
const record = {
  ...{ imageId: 'ami-3', inputs, promotedFrom: { ...from, image: 'ami-9' } },
  earlier: [{ imageId: 'ami-2', promotedFrom: from }, { imageId: 'ami-1' }],
};
let owner: ImageOwner;

beforeAll(async () => {
  const { bucket } = await makePlatform(account);
  owner = { place, bucket };
});

const read = async () => await readKeptRecord(account.aws, owner, key);
const remove = async (...kept: string[]) =>
  await removeRecord(account.aws, owner, key, (await read())?.etag ?? '', new Set(kept));

test('a record says of each image that it names whose copy that is', () => {
  expect(recordNaming(record, 'ami-3')).toEqual({ imageId: 'ami-3', inputs, promotedFrom: record.promotedFrom });
  expect(recordNaming(record, 'ami-2')).toEqual({ imageId: 'ami-2', inputs, promotedFrom: from });
  expect(recordNaming(record, 'ami-1')).toEqual({ imageId: 'ami-1', inputs });
  expect(recordNaming(record, 'ami-0')).toBeUndefined();
});

test('with its image, a record goes, unless it names others that are kept', async () => {
  await writeRecord(account.aws, owner, key, record);
  expect(await removeRecord(account.aws, owner, key, '"of-an-older-one"', new Set())).toBe(false);
  expect(await remove('ami-1')).toBe(true);
  expect((await read())?.value).toEqual({ imageId: 'ami-1', inputs });
  expect(await remove()).toBe(true);
  expect(await read()).toBeUndefined();
});
