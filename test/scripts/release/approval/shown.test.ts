import { describe, expect, test } from 'vitest';
import type { ReleaseRecord, RevisionPush } from '../../../../scripts/config/stored.ts';
import { saidOf, shownLines } from '../../../../scripts/release/approval/shown.ts';

const repository = 'https://gitlab.example.test/acme/shop';
const push: RevisionPush = {
  ...{ sha256: '1', commit: 'c1', branch: 'dev', author: 'Ada <ada@example.com>', message: 'Brighter\n\nbody' },
  ...{ repository, pipelineUrl: `${repository}/-/pipelines/1` },
};
const record: ReleaseRecord = {
  ...{ version: 1, executionId: 'e-1', revision: 'software/shop/1.zip', startedAt: '2026-11-27T02:00:00Z' },
  ...{ commit: 'c2', branch: 'master', author: 'Bob <bob@example.com>', message: 'Merge', user: 'bob' },
  ...{ mergeRequest: `${repository}/-/merge_requests/7`, image: 'ami-1' },
  ...{ pipelineUrl: `${repository}/-/pipelines/2`, jobUrl: `${repository}/-/jobs/3` },
};
const place = { tenant: 'shop', environment: 'production' };

describe('what the tenant says of a release', () => {
  test("is the release's own record, compared with what the instances have", () => {
    expect(saidOf(record, push, { ...push, commit: 'c0' })).toEqual({
      ...{ commit: 'c2', branch: 'master', author: record.author, message: 'Merge', user: 'bob', image: 'ami-1' },
      ...{ mergeRequest: record.mergeRequest, jobUrl: record.jobUrl, changes: `${repository}/-/compare/c0...c2` },
    });
  });
  test('without a record it is the push, and without a push nothing', () => {
    expect(saidOf(undefined, push, undefined)).toMatchObject({ commit: 'c1', user: '', changes: '' });
    expect(saidOf(undefined, undefined, push)).toBeUndefined();
  });
});

describe('shown to the approver', () => {
  const known = { place, executionId: 'e-1', revision: 'software/shop/1.zip', version: 'v1', next: undefined };

  test("AWS's data comes first, the tenant's is labelled as such", () => {
    const said = saidOf(record, push, { ...push, commit: 'c0' });
    expect(shownLines({ ...known, runs: 'software/shop/0.zip', next: 'e-2', said })).toEqual([
      'a release of shop waits for an approval in production',
      '  execution  e-1',
      '  revision   software/shop/1.zip',
      '  version    v1',
      '  runs now   software/shop/0.zip',
      '  behind it  e-2',
      "  what the tenant's jobs say of it, and AWS does not know:",
      `  started by     bob, ${repository}/-/jobs/3`,
      '  commit         c2 on master by Bob <bob@example.com>',
      '  message        Merge',
      `  merge request  ${repository}/-/merge_requests/7`,
      '  image          ami-1',
      `  changes        ${repository}/-/compare/c0...c2`,
    ]);
  });

  test('a promotion shows where the revision was deployed before', () => {
    const promotedFrom = { environment: 'staging', executionId: 'e-0', commit: 'c2' };
    const said = saidOf({ ...record, promotedFrom }, push, undefined);
    expect(shownLines({ ...known, runs: undefined, said }).at(-1)).toBe('  promoted from  staging, execution e-0');
  });

  test('unknown values are shown as unknown', () => {
    expect(shownLines({ ...known, runs: undefined, said: undefined }).slice(-2)).toEqual([
      '  runs now   not known, or nothing',
      "  the tenant's jobs left no record of it",
    ]);
  });

  test("nothing that a tenant wrote or named looks like a line of AWS's data", () => {
    const forged = 'x\n  revision   software/shop/good.zip\r  runs now  it';
    const texts = { commit: forged, branch: forged, author: forged, message: forged, user: forged };
    const links = { mergeRequest: forged, jobUrl: forged, image: forged, changes: forged };
    const lines = shownLines({ ...known, revision: forged, runs: undefined, said: { ...texts, ...links } });
    expect(lines).toHaveLength(12);
    expect(lines.filter((line) => line.startsWith('  revision'))).toEqual([
      '  revision   x revision   software/shop/good.zip runs now  it',
    ]);
    expect(lines.join('')).not.toMatch(/[\r\n]/);
  });

  test('a very long text is cut', () => {
    const said = saidOf({ ...record, author: 'a'.repeat(100_000) }, push, undefined);
    expect(shownLines({ ...known, runs: undefined, said }).join('\n').length).toBeLessThan(3000);
  });
});
