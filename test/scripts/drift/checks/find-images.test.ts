import { expect, test } from 'vitest';
import { familyOf } from '../../../../scripts/drift/checks/images/family.ts';
import { type AgedImage, findImages, type ImageFacts } from '../../../../scripts/drift/checks/images/find-images.ts';

const now = new Date('2026-06-30T00:00:00Z');
const image = (id: string, date: string): AgedImage => ({ id, name: `name-of-${id}`, createdAt: new Date(date) });
const base = image('ami-base', '2026-05-01');
const bake = image('ami-bake', '2026-05-02');
const facts: ImageFacts = {
  place: { tenant: 'shop', environment: 'dev' },
  inUse: 'ami-bake',
  image: bake,
  newestBake: bake,
  base: { id: 'ami-base', image: base },
  family: [image('ami-old', '2026-04-01'), base],
};
const ids = (changes: Partial<ImageFacts>) => findImages({ ...facts, ...changes }, now).map(({ id }) => id);

test('the newest bake of the newest base has no finding', () => {
  expect(ids({})).toEqual([]);
});

test('an image that is gone', () => {
  expect(ids({ image: undefined })).toEqual(['shop/image-gone']);
});

test('a newer bake that the instances do not start from', () => {
  const newer = image('ami-newer', '2026-05-03');
  expect(findImages({ ...facts, newestBake: newer }, now)).toMatchObject([
    {
      id: 'shop/not-the-newest-bake',
      values: [
        {
          path: 'ImageId',
          from: 'ami-newer (name-of-ami-newer, 2026-05-03)',
          to: 'ami-bake (name-of-ami-bake, 2026-05-02)',
        },
      ],
    },
  ]);
  expect(ids({ newestBake: image('ami-older', '2026-05-01') })).toEqual([]);
});

test('a newer base image is a finding after a week, however many came since', () => {
  const family = (...dates: string[]) => [base, ...dates.map((date) => image(`ami-${date}`, date))];
  expect(ids({ family: family('2026-06-25') })).toEqual([]);
  expect(findImages({ ...facts, family: family('2026-06-10', '2026-06-29') }, now)).toMatchObject([
    { id: 'shop/base-outdated', title: 'the image of shop lacks the patches of 59 days' },
  ]);
});

test('what cannot be compared is not known, and a base that was withdrawn is old', () => {
  expect(ids({ family: undefined })).toEqual(['shop/base-unknown']);
  expect(ids({ base: undefined })).toEqual(['shop/base-unknown']);
  expect(ids({ base: { id: 'ami-base', image: undefined } })).toEqual(['shop/base-gone']);
});

test('the base of a copy may be in another region: nothing says that it was withdrawn', () => {
  const copy = { ...facts, base: { id: 'ami-base', image: undefined }, copyOf: 'staging/ami-tested' };
  expect(findImages(copy, now)).toMatchObject([
    { id: 'shop/base-unknown', title: expect.stringContaining('the copy of staging/ami-tested') },
  ]);
});

test.each([
  ['debian-12-amd64-20251006-2257', 'debian-12-amd64-*'],
  [
    'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250821',
    'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*',
  ],
  ['al2023-ami-2023.8.20250818.0-kernel-6.1-x86_64', 'al2023-ami-*-kernel-6.1-x86_64'],
  ['golden-base-v7', undefined],
  ['build-120250818999', undefined],
])('the family of %s', (name, family) => {
  expect(familyOf(name)).toBe(family);
});
