import { describe, expect, test } from 'vitest';
import { type CertificateFacts, findCertificate } from '../../../../scripts/drift/checks/find-certificate.ts';

const now = new Date('2026-06-01T00:00:00Z');
const arn = 'arn:aws:acm:eu-west-1:100000000001:certificate/0c5f3a52';
const certificate: CertificateFacts = {
  arn,
  status: 'ISSUED',
  notAfter: new Date('2026-12-01'),
  imported: false,
  eligible: true,
};
const found = (changes: Partial<CertificateFacts>) => findCertificate('dev', { ...certificate, ...changes }, now);
const inDays = (days: number) => new Date(now.getTime() + days * 24 * 60 * 60_000);

test('one that is issued, far from its end and renewed by ACM has no finding', () => {
  expect(found({})).toEqual([]);
  expect(found({ renewal: 'PENDING_AUTO_RENEWAL' })).toEqual([]);
});

test('one that is not issued, or not there', () => {
  expect(found({ status: 'EXPIRED', notAfter: inDays(-1), eligible: false })).toEqual([
    {
      id: 'not-issued',
      gravity: 'fault',
      title: 'the certificate is EXPIRED: browsers refuse the hosts',
      next: `aws acm describe-certificate --certificate-arn ${arn}`,
    },
  ]);
  expect(findCertificate('dev', undefined, now)).toMatchObject([{ id: 'gone', gravity: 'fault' }]);
});

describe('the end', () => {
  test.each([
    [31, []],
    [30, [{ id: 'ends-soon', gravity: 'change' }]],
    [8, [{ id: 'ends-soon', gravity: 'change' }]],
    [7, [{ id: 'ends-soon', gravity: 'fault' }]],
  ])('in %i days', (days, expected) => {
    expect(found({ notAfter: inDays(days) })).toMatchObject(expected);
    expect(found({ notAfter: inDays(days) })).toHaveLength(expected.length);
  });

  test('an imported one is imported again', () => {
    expect(found({ notAfter: inDays(20), imported: true, eligible: false })).toEqual([
      {
        id: 'ends-soon',
        gravity: 'change',
        title: 'the certificate ends on 2026-06-21, in 20 days, and ACM does not renew what was imported',
        next: `import its successor under the same ARN: aws acm import-certificate --certificate-arn ${arn}`,
      },
    ]);
  });
});

test.each<[Partial<CertificateFacts>, string]>([
  [{ renewal: 'FAILED' }, 'renewal'],
  [{ renewal: 'PENDING_VALIDATION' }, 'renewal'],
  [{ eligible: false }, 'not-renewed'],
])('a renewal that will not happen: %j', (changes, id) => {
  expect(found(changes).map((each) => each.id)).toEqual([id]);
});
