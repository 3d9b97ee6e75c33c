import { expect, test } from 'vitest';
import { type ChainFacts, chainLines, chainLinks } from '../../../scripts/explain/chain-links.ts';
import { at, hash, hoursAgo, place, release } from '../status/host-snapshots.ts';

const approval = { outcome: 'approved', by: 'arn:aws:sts::1:assumed-role/approver/grace', at: hoursAgo(29.5) } as const;
const released = release('a', { current: true, approval });
const { commit = '', branch = '', author = '', message = '', mergeRequest = '' } = released.record ?? {};
const push = { commit, branch, author, message, mergeRequest };

const sound: ChainFacts = {
  asked: { kind: 'host', name: 'shop.dev.example.com' },
  place,
  hosts: ['shop.dev.example.com'],
  at,
  release: { value: released },
  revision: `software/shop/${hash('a')}.zip`,
  image: {
    value: {
      ...{ id: 'ami-1', createdAt: '2026-06-06T12:00:00.000Z', bakeKey: hash('b'), commit: 'c'.repeat(40) },
      ...{ source: 'ami-0', onRecord: true },
    },
  },
  change: {
    value: {
      ...{ project: '7', pipeline: 11, commit: 'c'.repeat(40), at: hoursAgo(40) },
      url: 'https://gitlab.example.test/acme/shop/-/pipelines/11',
    },
  },
  pushed: { value: push },
  instances: {
    value: [
      {
        ...{ id: 'i-1', version: '3', state: 'InService', healthy: true, machine: 'running', image: 'ami-1' },
        startedAt: new Date(hoursAgo(72)),
      },
    ],
  },
};

test('the chain reads from the commit to the host', () => {
  expect(chainLines(chainLinks(sound))).toEqual([
    'tenant            shop',
    'environment       dev',
    `commit            ${'a'.repeat(40)}, on dev, A page`,
    'author            Ada <ada@example.com>',
    'merge request     https://gitlab.example.test/acme/shop/-/merge_requests/7',
    'pipeline          https://gitlab.example.test/acme/shop/-/pipelines/12',
    'job               https://gitlab.example.test/acme/shop/-/jobs/34',
    `image             ami-1, from ami-0, baked for commit ${'c'.repeat(40)} (2026-06-06T12:00:00Z)`,
    `bake key          ${hash('b')}`,
    `change            pipeline 11 provisioned the host last, for commit ${'c'.repeat(40)} (2026-06-08T20:00:00Z)`,
    'change, pipeline  https://gitlab.example.test/acme/shop/-/pipelines/11',
    `revision          software/shop/${hash('a')}.zip`,
    'release           execution e-a (2026-06-09T06:00:00Z)',
    'started by        ada',
    'approval          approved by grace (2026-06-09T06:30:00Z)',
    'outcome           succeeded, the instances have it (2026-06-09T07:00:00Z)',
    'instance          i-1, InService, running, ami-1 (2026-06-07T12:00:00Z)',
    'hosts             https://shop.dev.example.com',
  ]);
});

test('what cannot be read is unknown, with the reason, and the rest is there', () => {
  const unknown = { unknown: 'ACCESS_DENIED: may not' };
  const nothing = { release: unknown, revision: undefined, pushed: { value: undefined } };
  const parts = { ...nothing, image: unknown, change: unknown, instances: unknown };
  expect(chainLines(chainLinks({ ...sound, ...parts }))).toEqual([
    'tenant       shop',
    'environment  dev',
    'commit       unknown: ACCESS_DENIED: may not',
    'image        unknown: ACCESS_DENIED: may not',
    'change       unknown: ACCESS_DENIED: may not',
    'revision     unknown: ACCESS_DENIED: may not',
    'release      unknown: ACCESS_DENIED: may not',
    'instances    unknown: ACCESS_DENIED: may not',
    'hosts        https://shop.dev.example.com',
  ]);
});

test('a host before its first release has none', () => {
  const none = { value: undefined };
  const parts = { release: none, revision: undefined, pushed: none, image: none, change: none };
  expect(chainLines(chainLinks({ ...sound, ...parts, instances: { value: [] } })).slice(2)).toEqual([
    'commit       none',
    'image        none',
    'change       none',
    'revision     none',
    'release      none',
    'instances    none',
    'hosts        https://shop.dev.example.com',
  ]);
});

test('an image that is gone, and a release without a record, say what is not known of them', () => {
  const { record: _record, ...bare } = released;
  const gone = { id: 'ami-1', createdAt: '', bakeKey: '', commit: '', source: '', onRecord: false };
  const parts = { release: { value: { ...bare, record: undefined } }, revision: undefined, image: { value: gone } };
  const links = chainLinks({ ...sound, ...parts, pushed: { value: undefined } });
  expect(links.filter(({ unknown }) => unknown !== undefined)).toEqual([
    { name: 'commit', value: '', at: '', unknown: 'no record says what the execution e-a released' },
    { name: 'image', value: 'ami-1', at: '', unknown: 'EC2 does not have ami-1 any more, or does not show it' },
    { name: 'revision', value: '', at: '', unknown: 'no record says what the execution e-a released' },
  ]);
});
