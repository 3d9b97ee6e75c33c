import { expect, test } from 'vitest';
import { bakeInputs } from '../../../../scripts/image/bake-key.ts';
import { type ImageStanding, planImagePrune } from '../../../../scripts/retention/images/prune-plan.ts';
import type { TenantImage } from '../../../../scripts/retention/images/tenant-images.ts';
import type { KeptRelease } from '../../../../scripts/retention/kept-releases.ts';

const now = new Date('2026-06-01T00:00:00Z');
const oneDayMs = 24 * 60 * 60_000;
const rules = { keep: 1, olderThanDays: 30 };
const inputs = bakeInputs({
  place: { environment: 'dev', tenant: 'shop' },
  ...{ scripts: [], base: [], template: [], sourceAmi: 'ami-1', architecture: 'x86_64', volumeGib: 8 },
  ...{ encryptionKey: 'key', packer: '1.6.6' },
});

/** An image of so many days; its bake key is its letter, 64 times. */
function image(letter: string, days: number, more: Partial<TenantImage> = {}): TenantImage {
  return {
    ...{ id: `ami-${letter}`, name: letter, createdAt: new Date(now.getTime() - days * oneDayMs), state: 'available' },
    ...{
      bakeKey: letter.repeat(64),
      run: `0000000${letter}`,
      commit: '',
      source: 'ami-1',
      sizeGib: 8,
      isProtected: false,
    },
    ...{ snapshots: [`snap-${letter}`], image: { ImageId: `ami-${letter}` }, ...more },
  };
}

function standing(images: readonly TenantImage[], more: Partial<ImageStanding> = {}): ImageStanding {
  const record = (id: string) => ({ imageId: id, etag: `"${id}"`, ageMs: 2 * oneDayMs, inputs });
  const records = new Map(images.flatMap(({ id, bakeKey }) => (bakeKey ? [[bakeKey, record(id)] as const] : [])));
  return { images, uses: new Map(), records, leases: [], releases: [], now, ...more };
}

/** What a plan says of each image. */
function judged(given: ImageStanding, by = rules) {
  const { remove, kept } = planImagePrune(given, by);
  return {
    remove: remove.map(({ image: { id }, record, snapshots }) => [id, record?.etag, ...snapshots]),
    kept: Object.fromEntries(kept.map(({ image: { id }, reasons }) => [id, reasons])),
  };
}

test('the newest and the young stay, the rest goes, the oldest first', () => {
  const images = [image('a', 31), image('b', 40), image('c', 50)];
  expect(judged(standing(images))).toEqual({
    remove: [
      ['ami-c', '"ami-c"', 'snap-c'],
      ['ami-b', '"ami-b"', 'snap-b'],
    ],
    kept: { 'ami-a': ['it is among the newest 1'] },
  });
  expect(judged(standing([image('a', 1), image('b', 29), image('c', 30)]))).toEqual({
    remove: [['ami-c', '"ami-c"', 'snap-c']],
    kept: {
      'ami-a': ['it is among the newest 1', 'it is younger than 30 days'],
      'ami-b': ['it is younger than 30 days'],
    },
  });
  expect(judged(standing(images), { keep: 9, olderThanDays: 0 }).remove).toEqual([]);
});

test('what uses an image keeps it, however old it is; and those are not among the newest instead of it', () => {
  const uses = new Map([['ami-c', ['launch template shop, version 3', 'instance i-1 (stopped)']]]);
  expect(judged(standing([image('a', 40), image('b', 41), image('c', 50)], { uses }))).toEqual({
    remove: [['ami-b', '"ami-b"', 'snap-b']],
    kept: {
      'ami-a': ['it is among the newest 1'],
      'ami-c': ['launch template shop, version 3 uses it', 'instance i-1 (stopped) uses it'],
    },
  });
});

test('an image is kept that is protected, not available, unfinished or of unknown age', () => {
  const odd = [
    image('b', 50, { isProtected: true }),
    image('c', 50, { state: 'disabled' }),
    image('d', 50, { bakeKey: undefined }),
    image('e', 0, { createdAt: new Date('') }),
  ];
  expect(judged(standing([image('a', 40), ...odd]))).toEqual({
    remove: [],
    kept: {
      'ami-a': ['it is among the newest 1'],
      'ami-b': ['it is protected from deregistration'],
      'ami-c': ['it is disabled'],
      'ami-d': ['its bake did not finish: vendhost image clean removes it'],
      'ami-e': ['it is younger than 30 days'],
    },
  });
});

test('an image is kept for a bake under way, for a job that just chose it, and for a release', () => {
  const lease = { run: '0000000b', job: 'https://gitlab.example.test/jobs/1', until: '', key: 'k', etag: '"1"' };
  const byKey = { ...lease, run: 'ffffffff', key: `claims/bakes/shop/${'c'.repeat(64)}.json` };
  const release = { reason: 'release e-1 waits for approval', record: { image: 'ami-d' } } as KeptRelease;
  const images = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => image(letter, 50));
  const given = standing(images, {
    leases: [
      { ...lease, isStale: false },
      { ...byKey, isStale: false },
      { ...lease, run: '0000000f', isStale: true },
    ],
    releases: [release, { ...release, record: undefined }],
  });
  const records = new Map(given.records);
  records.set('e'.repeat(64), { imageId: 'ami-e', etag: '"e"', ageMs: oneDayMs - 1, inputs });
  expect(judged({ ...given, records })).toEqual({
    remove: [['ami-f', '"ami-f"', 'snap-f']],
    kept: {
      'ami-a': ['it is among the newest 1'],
      'ami-b': ['a bake is in progress for it: https://gitlab.example.test/jobs/1'],
      'ami-c': ['a bake is in progress for it: https://gitlab.example.test/jobs/1'],
      'ami-d': ['release e-1 waits for approval'],
      'ami-e': ['a job chose it less than 24 hours ago'],
    },
  });
});

test('a snapshot that a kept image has too stays, and so does a record that names another image', () => {
  const shared = [
    image('a', 40, { snapshots: ['snap-a', 'snap-0'] }),
    image('b', 50, { snapshots: ['snap-b', 'snap-0'] }),
  ];
  expect(judged(standing(shared)).remove).toEqual([['ami-b', '"ami-b"', 'snap-b']]);
  const twice = [image('a', 40), { ...image('b', 50), bakeKey: 'a'.repeat(64) }];
  const records = new Map([['a'.repeat(64), { imageId: 'ami-a', etag: '"a"', ageMs: 0, inputs }]]);
  expect(judged(standing(twice, { records })).remove).toEqual([['ami-b', undefined, 'snap-b']]);
});
