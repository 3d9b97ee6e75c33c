import { expect, test } from 'vitest';
import { names } from '../../../scripts/config/names.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { removeForgotten } from '../../../scripts/image/bake/forgotten.ts';
import type { PreparedBake } from '../../../scripts/image/bake/prepare.ts';
import { runTag } from '../../../scripts/image/bake-run.ts';
import { findSourceAmi } from '../../../scripts/image/source.ts';
import { answering, xml } from '../answering.ts';

const place = { environment: 'dev', tenant: 'shop' } as const;
const owner = { place, bucket: 'bucket' };
const token = 'the-next-page';
const images = (inside: string, more = '') =>
  `<DescribeImagesResponse><imagesSet>${inside}</imagesSet>${more}</DescribeImagesResponse>`;
const image = (id: string, day: number, run = '') => `<item><imageId>${id}</imageId><imageOwnerId>1</imageOwnerId>
  <creationDate>2026-01-0${day}</creationDate><rootDeviceName>/dev/xvda</rootDeviceName>
  <tagSet><item><key>${runTag}</key><value>${run}</value></item></tagSet></item>`;

test('the newest source is found on whatever page', async () => {
  const { aws } = await answering(({ operation, body }) => {
    if (operation === 'GetCallerIdentity') return xml(operation, '<Account>100000000001</Account>');
    return body.includes(token)
      ? images(image('ami-2', 2))
      : images(image('ami-1', 1), `<nextToken>${token}</nextToken>`);
  });
  expect(await findSourceAmi(aws, owner, vendhostSchema.parse({}).image, 'x86_64')).toMatchObject({ id: 'ami-2' });
});

test('runs that died are found by their images on every page', async () => {
  const bakeKey = 'a'.repeat(64);
  const { aws, runtime } = await answering(({ operation, body }) => {
    if (operation.startsWith('GET ')) return undefined;
    // What a single run left is asked for by its name.
    const isOfKey = new URLSearchParams(body).getAll('Filter.5.Value.1').includes(names.image(place, bakeKey, '*'));
    if (operation !== 'DescribeImages' || !isOfKey) return `<${operation}Response/>`;
    if (body.includes(token)) return images(image('ami-2', 2, '22222222'));
    return images(image('ami-1', 1, '11111111'), `<nextToken>${token}</nextToken>`);
  });
  await removeForgotten(runtime, aws, { place, owner, bakeKey } as PreparedBake, undefined);
  expect(runtime.progress().map((line) => /run (\w+), which died/.exec(line)?.[1])).toEqual(['11111111', '22222222']);
});
