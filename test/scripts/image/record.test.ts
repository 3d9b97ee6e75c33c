import { expect, test } from 'vitest';
import { readNewestRecord } from '../../../scripts/image/record.ts';
import { answering } from '../answering.ts';

const owner = { place: { environment: 'dev', tenant: 'shop' }, bucket: 'bucket' } as const;
const oldest = { key: 'oldest', day: 1 };
const middle = { key: 'middle', day: 2 };
const newest = { key: 'newest', day: 3 };

const page = (records: readonly { key: string; day: number }[], more: string) =>
  `<ListBucketResult>${records
    .map(
      ({ key, day }) =>
        `<Contents><Key>infrastructure/shop/${key}.json</Key><LastModified>2026-01-0${day}T00:00:00Z</LastModified></Contents>`,
    )
    .join('')}${more}</ListBucketResult>`;

test.each([
  { pages: [[oldest, newest], [middle]] },
  { pages: [[newest, middle], [oldest]] },
  { pages: [[middle], [oldest, newest]] },
])('the record that was written last, wherever it is listed: $pages', async ({ pages: [first = [], second = []] }) => {
  const { aws, calls } = await answering(({ operation }) => {
    if (!operation.includes('list-type=2')) return undefined;
    if (operation.includes('continuation-token=more')) return page(second, '<IsTruncated>false</IsTruncated>');
    return page(first, '<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>');
  });
  await readNewestRecord(aws, owner);
  expect(calls.at(-1)?.operation).toMatch(/^GET \/bucket\/infrastructure\/shop\/newest\.json/);
});
