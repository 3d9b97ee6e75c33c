import { describe, expect, test } from 'vitest';
import { dnsRecords } from '../../../../scripts/platform/status/dns-records.ts';
import { certificateStatus, dnsLines } from '../../../../scripts/platform/status/entry-lines.ts';
import { tenantRecord } from '../../../builders/sample.ts';

const domain = 'example.com';
const balancers = [{ dns: 'one.elb.example' }, { dns: 'two.elb.example' }];
const none = { domain, balancers, tenants: [], validation: [] };
const tenant = (hosts: string[], loadBalancer = 1) => ({
  tenant: 'shop',
  content: { ...tenantRecord({ environment: 'production', tenant: 'shop' }, '111111111111'), hosts, loadBalancer },
});
const wildcard = { name: '*.example.com', type: 'CNAME', value: 'one.elb.example', purpose: 'hosts' };

describe('the records of an environment', () => {
  test('a wildcard, under which names of any depth are', () => {
    const tenants = [tenant(['shop.example.com', 'www.shop.example.com', '*.cart.example.com'])];
    expect(dnsRecords({ ...none, tenants })).toEqual([wildcard]);
  });

  test('the domain itself, and hosts that another load balancer serves', () => {
    const tenants = [tenant(['example.com']), tenant(['blog.example.com', 'example.com'], 2), { tenant: 'unread' }];
    expect(dnsRecords({ ...none, tenants })).toEqual([
      wildcard,
      { name: 'example.com', type: 'ALIAS', value: 'one.elb.example', purpose: 'hosts' },
      { name: 'blog.example.com', type: 'CNAME', value: 'two.elb.example', purpose: 'hosts' },
      { name: 'example.com', type: 'ALIAS', value: 'two.elb.example', purpose: 'hosts' },
    ]);
  });

  test('before load balancers are deployed, those that validate the certificate', () => {
    const validation = [{ name: '_a.example.com', type: 'CNAME', value: '_b.acm-validations.aws' }];
    const records = dnsRecords({ ...none, balancers: [{}], tenants: [tenant(['example.com'])], validation });
    expect(records).toEqual([{ ...validation[0], purpose: 'certificate' }]);
    expect(dnsLines(records)).toEqual([
      'DNS records, to be created where the domain is:',
      '  _a.example.com  CNAME  _b.acm-validations.aws  validates the certificate, also when ACM renews it',
    ]);
    expect(dnsLines([])).toEqual(['DNS records: known when the load balancer is deployed']);
  });
});

describe('the certificate', () => {
  const need = { certificate: 'arn:aws:acm:eu-west-1:111111111111:certificate/one', domain, region: 'eu-west-1' };
  const now = new Date('2026-03-01T12:00:00Z');
  const issued = { status: 'ISSUED', names: ['example.com', '*.example.com'], notAfter: undefined };

  test('can be used', () => {
    expect(certificateStatus(need, issued, now)).toEqual({
      ...{ healthy: true, next: [] },
      text: 'ISSUED for example.com, *.example.com',
    });
  });

  test('is not there yet, or waits for its records', () => {
    expect(certificateStatus(need, undefined, now)).toEqual({
      ...{ healthy: false, text: 'ACM has no such certificate in eu-west-1' },
      next: [expect.stringMatching(/^ {2}next: request one, .* aws acm request-certificate --region eu-west-1 /)],
    });
    expect(certificateStatus(need, { ...issued, status: 'PENDING_VALIDATION' }, now)).toMatchObject({
      ...{ healthy: false, text: 'its status is PENDING_VALIDATION: must be ISSUED' },
      next: [expect.stringContaining('create the DNS records ACM asks for')],
    });
  });
});
