import { expect, test } from 'vitest';
import { readNewestRecord } from '../../../scripts/image/record.ts';
import { answering } from '../answering.ts';

const owner = { place: { environment: 'dev', tenant: 'shop' }, bucket: 'bucket' } as const;
const days: Readonly<Record<string, number>> = { oldest: 1, middle: 2, newest: 3 };

const page = (records: string, more: string) => {
  const contents = records
    .split(', ')
    .map(
      (key) =>
        `<Contents><Key>infrastructure/shop/${key}.json</Key><LastModified>2026-01-0${days[key]}T00:00:00Z</LastModified></Contents>`,
    );
  return `<ListBucketResult>${contents.join('')}${more}</ListBucketResult>`;
};

test.each([
  ['oldest, newest', 'middle'],
  ['newest, middle', 'oldest'],
  ['middle', 'oldest, newest'],
])('of the records %s, and on the next page %s, the one that was written last is read', async (first, second) => {
  const { aws, calls } = await answering(({ operation }) => {
    if (!operation.includes('list-type=2')) return undefined;
    if (operation.includes('continuation-token=more')) return page(second, '<IsTruncated>false</IsTruncated>');
    return page(first, '<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>');
  });
  await readNewestRecord(aws, owner);
  expect(calls.at(-1)?.operation).toMatch(/^GET \/bucket\/infrastructure\/shop\/newest\.json/);
});
