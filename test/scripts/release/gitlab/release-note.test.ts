import { expect, test } from 'vitest';
import { type ReleasedRequest, releaseNote } from '../../../../scripts/release/gitlab/release-note.ts';

const released: ReleasedRequest = {
  place: { tenant: 'shop', environment: 'staging' },
  commit: '0123456789'.repeat(4),
  isTakenBack: false,
  at: new Date('2026-11-27T03:12:40Z'),
  jobUrl: 'https://gitlab.example.test/acme/shop/-/jobs/9',
  url: 'https://shop.staging.example.test',
};
const marker = '<!-- vendhost:releases -->';
const staging =
  '- **shop in staging** since 2026-11-27 03:12 UTC, [release of 01234567](<https://gitlab.example.test/acme/shop/-/jobs/9>), [https\\://shop.staging.example.test](<https://shop.staging.example.test/>)';
const production = '- **shop in production** since 2026-11-01 08:00 UTC, release of abcdef01';
const dev = '- **shop in dev** since 2026-11-01 08:00 UTC, release of abcdef01';

test('a line for each environment, in order; those of others stay', () => {
  expect(releaseNote(released, undefined)).toBe(`${marker}\n\n${staging}`);
  expect(releaseNote(released, `${marker}\n\n${dev}\n${production}`)).toBe(
    `${marker}\n\n${dev}\n${staging}\n${production}`,
  );
});

test('a repeat of the same release keeps the line; a newer release or a rollback replaces it', () => {
  const first = releaseNote(released, undefined);
  const later = { ...released, at: new Date('2026-11-28T00:00:00Z') };
  expect(releaseNote(later, first)).toBe(first);
  expect(releaseNote({ ...later, commit: 'f'.repeat(40) }, first)).toContain(
    'since 2026-11-28 00:00 UTC, [release of ffffffff]',
  );
  const back = releaseNote({ ...later, isTakenBack: true, jobUrl: '', url: '' }, first);
  expect(back).toBe(`${marker}\n\n- **shop in staging** taken back 2026-11-28 00:00 UTC, rollback to 01234567`);
});
