import { describe, expect, test } from 'vitest';
import { type Certificate, certificateFindings, certificateHint } from '../../../scripts/platform/certificate.ts';

const certificate = 'arn:aws:acm:eu-west-1:111111111111:certificate/one';
const config = { certificate, domain: 'dev.example.com', region: 'eu-west-1' };
const now = new Date('2026-03-01T12:00:00Z');
const issued: Certificate = {
  status: 'ISSUED',
  names: ['dev.example.com', '*.dev.example.com'],
  notAfter: new Date('2027-01-01T00:00:00Z'),
};
const findings = (changes: Partial<Certificate>) => certificateFindings(config, { ...issued, ...changes }, now);
const otherHosts = 'and not *.dev.example.com: browsers refuse other hosts of dev.example.com';

describe('a certificate', () => {
  test.each<[string, Partial<Certificate>, string[]]>([
    ['for the domain and all hosts in it', {}, []],
    ['with the wildcard alone', { names: ['*.dev.example.com'] }, []],
    ['without an end', { notAfter: undefined }, []],
    ['for the domain alone', { names: ['dev.example.com'] }, [`covers dev.example.com ${otherHosts}`]],
    [
      'for some hosts',
      { names: ['a.dev.example.com', 'example.org', 'b.dev.example.com'] },
      [`covers a.dev.example.com, b.dev.example.com ${otherHosts}`],
    ],
    [
      'that ends soon',
      { notAfter: new Date('2026-03-31T12:00:00Z') },
      ['expires on 2026-03-31, in 30 days: check its renewal in ACM'],
    ],
    ['that does not end soon', { notAfter: new Date('2026-03-31T12:00:01Z') }, []],
  ])('%s can be used', (_name, changes, warnings) => {
    expect(findings(changes)).toEqual({ faults: [], warnings });
  });

  test.each<[string, Partial<Certificate>, string[]]>([
    [
      'that ACM has not validated',
      { status: 'PENDING_VALIDATION' },
      ['its status is PENDING_VALIDATION: must be ISSUED'],
    ],
    ['that ended a moment ago', { notAfter: now }, ['it expired on 2026-03-01']],
    [
      'for another domain, however alike',
      { names: ['notdev.example.com', 'dev.example.com.org'] },
      ['it is for notdev.example.com, dev.example.com.org: must be for *.dev.example.com or dev.example.com'],
    ],
    ['for no name', { names: [] }, ['it is for no name: must be for *.dev.example.com or dev.example.com']],
    [
      'for the hosts of the domain above',
      { names: ['example.com', '*.example.com'] },
      [
        'it is for example.com, *.example.com: must be for *.dev.example.com or dev.example.com',
        '*.example.com covers no host below dev.example.com: a wildcard matches a single label',
      ],
    ],
    [
      'with every fault there is',
      { status: 'EXPIRED', names: ['example.org'], notAfter: new Date('2025-01-01T00:00:00Z') },
      [
        'its status is EXPIRED: must be ISSUED',
        'it expired on 2025-01-01',
        'it is for example.org: must be for *.dev.example.com or dev.example.com',
      ],
    ],
  ])('%s cannot', (_name, changes, faults) => {
    expect(findings(changes).faults).toEqual(faults);
  });

  test('that is not there cannot', () => {
    const faults = ['ACM has no such certificate in eu-west-1'];
    expect(certificateFindings(config, undefined, now)).toEqual({ faults, warnings: [] });
  });
});

test('the next step: a certificate that fits, or the records that ACM waits for', () => {
  expect(certificateHint(config, undefined)).toBe(
    "request one, create the DNS records ACM asks for, and set its ARN in platform.yml: aws acm request-certificate --region eu-west-1 --domain-name dev.example.com --subject-alternative-names '*.dev.example.com' --validation-method DNS",
  );
  expect(certificateHint(config, { ...issued, status: 'PENDING_VALIDATION' })).toBe(
    `create the DNS records ACM asks for: aws acm describe-certificate --region eu-west-1 --certificate-arn ${certificate}`,
  );
});
