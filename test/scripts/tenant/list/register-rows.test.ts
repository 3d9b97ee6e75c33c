import { expect, test } from 'vitest';
import { type RegisterFacts, registerCells, registerRows } from '../../../../scripts/tenant/list/register-rows.ts';

const limits = {
  ...{ instance_types: ['t3.small'], max_instances: 2, database_classes: ['db.t4g.micro'], max_storage_gib: 20 },
  image_owners: ['amazon'],
};
const content = (tenant: string, more: object = {}) => ({
  ...{ project: `acme/${tenant}`, branch: 'dev', hosts: [`${tenant}.dev.example.com`], port: 8080, loadBalancer: 1 },
  ...{ limits, approval: false, ...more },
});
const stack = (tenant: string, layer: string) => `vendhost-dev-${tenant}-${layer}`;
const facts: RegisterFacts = {
  environment: 'dev',
  files: [
    { tenant: 'blog', content: content('blog'), intake: 's3', pinned: true },
    { tenant: 'half', content: content('half') },
    { tenant: 'new', content: content('new') },
    { tenant: 'shop', content: content('shop', { loadBalancer: 2 }) },
    { tenant: 'torn' },
  ],
  records: [
    { tenant: 'blog', content: content('blog') },
    { tenant: 'gone', content: content('gone') },
    { tenant: 'shop', content: content('shop') },
  ],
  stacks: [
    ...[stack('blog', 'access'), stack('blog', 'host'), stack('blog', 'data')],
    ...[stack('half', 'access'), stack('rest', 'data'), 'vendhost-dev-access', 'vendhost-dev-network'],
  ],
};

test('a row for each tenant that register, records or stacks name, with its state and what differs', () => {
  const rows = registerRows(facts);
  expect(rows.map(({ tenant, state, differences }) => [tenant, state, differences.length])).toEqual([
    ['blog', 'vended', 0],
    ['gone', 'to be retired', 1],
    ['half', 'vended in part', 1],
    ['new', 'not vended', 1],
    ['rest', 'retired in part', 0],
    ['shop', 'vended', 1],
    ['torn', 'not valid', 1],
  ]);
  expect(rows.find(({ tenant }) => tenant === 'gone')?.differences[0]).toContain('vendhost tenant retire gone');
  expect(rows.map(registerCells)[0]).toEqual([
    ...['blog', 'dev', 'vended', 'blog.dev.example.com', 'balancer 1', 'intake s3, pinned', 'host, database'],
  ]);
});

test('without the register the record decides', () => {
  const rows = registerRows({ ...facts, files: undefined });
  expect(rows.map(({ tenant, state, differences }) => [tenant, state, differences.length])).toEqual([
    ['blog', 'vended', 0],
    ['gone', 'vended', 0],
    ['half', 'vended in part', 0],
    ['rest', 'vended in part', 0],
    ['shop', 'vended', 0],
  ]);
});
