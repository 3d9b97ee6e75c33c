import { describe, expect, test } from 'vitest';
import { type Difference, differenceKinds, type Ownership } from '../../../../scripts/platform/status/ownership.ts';
import { ownershipLines, ownershipStatus } from '../../../../scripts/platform/status/ownership-status.ts';
import { record } from '../../../builders/sample.ts';

const host = 'shop.dev.example.com';
const balancer = 'vendhost-dev-balancer';
const arn = 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener-rule/app/vendhost-dev/1/2/3';
const rule = { arn, balancer, priority: 1, hosts: [host], targetGroups: ['vendhost-dev-shop--8080-1'], tenant: 'shop' };
const key = 'claims/listener/2/1.json';
const { project, branch, hosts, port, loadBalancer, limits, approval } = record;
const granted = { project, branch, hosts, port, loadBalancer, limits, approval };

/** An environment in which everything agrees: one tenant that was vended. */
const agreeing: Ownership = {
  environment: 'dev',
  bucket: 'bucket',
  rules: [rule],
  hosts: [{ host, tenant: 'shop' }],
  priorities: [{ balancer, priority: 1, key, tenant: 'shop', recorded: true }],
  records: [{ tenant: 'shop', content: record }],
  files: [{ tenant: 'shop', content: granted }],
};

function differences(changes: Partial<Ownership>): readonly Difference[] {
  const status = ownershipStatus({ ...agreeing, ...changes });
  return status.compared ? status.differences : [];
}

const vend = 'vendhost tenant vend shop --environment dev';
const deletion = `delete it: aws elbv2 delete-rule --rule-arn ${arn}`;

/** What is changed in the environment above → all differences. */
const cases: readonly [string, Partial<Ownership>, Difference[]][] = [
  ['nothing', {}, []],
  ['a tenant without rules', { rules: [], priorities: [] }, []],
  ['a record whose hosts are in another order than in the file', reordered(), []],
  [
    'maintenance that the file says and the rules do not',
    { files: [{ tenant: 'shop', content: granted, maintenance: true }] },
    [
      {
        kind: 'MAINTENANCE_DIFFERS',
        text: 'tenants/shop.yml has a page for maintenance, and the instances answer',
        next: vend,
      },
    ],
  ],
  [
    'maintenance that the rules say and the file does not',
    { rules: [{ ...rule, targetGroups: [] }] },
    [
      {
        kind: 'MAINTENANCE_DIFFERS',
        text: 'shop is in maintenance, and tenants/shop.yml does not say so',
        next: vend,
      },
    ],
  ],
  [
    "a page that the tenant's jobs switched on",
    { rules: [{ ...rule, targetGroups: [] }], files: [{ tenant: 'shop', content: granted, maintenance: 'switched' }] },
    [],
  ],
  [
    "a rule in no tenant's stack",
    { rules: [rule, { arn, balancer, priority: 9, hosts: ['x.example.com'], targetGroups: [] }] },
    [
      {
        kind: 'RULE_WITHOUT_STACK',
        text: `rule 9 of ${balancer} (x.example.com) is in no tenant's stack; it forwards to nothing`,
        next: `find out who made it: aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateRule; then ${deletion}`,
      },
    ],
  ],
  [
    'a rule for every host',
    { rules: [{ ...rule, hosts: [] }] },
    [
      {
        kind: 'RULE_FOR_ALL_HOSTS',
        text: `rule 1 of ${balancer} (every host), in the stack of shop, has no condition on the host`,
        next: deletion,
      },
    ],
  ],
  [
    'a rule with a wildcard above its host',
    { rules: [{ ...rule, hosts: [host, '*.example.com'] }] },
    [
      {
        kind: 'RULE_HOST_UNCLAIMED',
        text: `rule 1 of ${balancer} (${host}, *.example.com) is in the stack of shop, and nobody claimed *.example.com`,
        next: `if *.example.com is in tenants/shop.yml: ${vend}; else ${deletion}`,
      },
    ],
  ],
  [
    "a rule for another tenant's host",
    {
      rules: [{ ...rule, tenant: 'blog' }],
      priorities: [{ balancer, priority: 1, key, tenant: 'blog', recorded: true }],
      records: [...agreeing.records, { tenant: 'blog', content: { ...record, hosts: [] } }],
      files: [...(agreeing.files ?? []), { tenant: 'blog', content: { ...granted, hosts: [] } }],
    },
    [
      {
        kind: 'RULE_HOST_OF_ANOTHER',
        text: `rule 1 of ${balancer} (${host}) is in the stack of blog, and shop claimed ${host}`,
        next: `${deletion}; then find out how it came into the stack of blog`,
      },
    ],
  ],
  [
    'a rule with another number than was claimed',
    { rules: [{ ...rule, priority: 3 }] },
    [
      {
        kind: 'RULE_PRIORITY_DIFFERS',
        text: `rule 3 of ${balancer} (${host}) is in the stack of shop, and nobody claimed 3; shop claimed 1`,
        next: `${vend}: it gives the rule a number that is claimed`,
      },
    ],
  ],
  [
    'a number that is claimed on another load balancer only',
    { priorities: [{ balancer: `${balancer}-2`, priority: 1, key, tenant: 'shop', recorded: true }] },
    [
      {
        kind: 'RULE_PRIORITY_DIFFERS',
        text: `rule 1 of ${balancer} (${host}) is in the stack of shop, and nobody claimed 1; shop claimed no number there`,
        next: `${vend}: it gives the rule a number that is claimed`,
      },
    ],
  ],
  [
    'claims of a tenant without a record',
    {
      hosts: [...agreeing.hosts, { host: 'old.example.com', tenant: 'old' }],
      priorities: [
        ...agreeing.priorities,
        { balancer, priority: 2, key: 'claims/listener/2/2.json', tenant: 'old', recorded: true },
      ],
    },
    ['old.example.com', `priority 2 of ${balancer}`].map((what, index) => ({
      kind: 'CLAIM_WITHOUT_RECORD',
      text: `old claimed ${what} and has no record in dev`,
      next: `vendhost tenant vend old --environment dev; or, if it was removed: aws s3 rm s3://bucket/claims/${index === 0 ? 'hosts/old.example.com' : 'listener/2/2'}.json`,
    })),
  ],
  [
    'a number that a tenant left for another',
    {
      priorities: [
        ...agreeing.priorities,
        { balancer, priority: 7, key: 'claims/listener/2/7.json', tenant: 'shop', recorded: false },
      ],
    },
    [
      {
        kind: 'CLAIM_WITHOUT_RULE',
        text: `shop claimed priority 7 of ${balancer}, which no rule has and its own record of numbers does not name`,
        next: 'aws s3 rm s3://bucket/claims/listener/2/7.json',
      },
    ],
  ],
  [
    'claims on a listener that is gone',
    { abandoned: ['claims/listener/3/'] },
    [
      {
        kind: 'CLAIM_WITHOUT_LISTENER',
        text: 'claims/listener/3/ has claims on a listener that the environment does not publish',
        next: 'if its load balancer was deleted for good: aws s3 rm --recursive s3://bucket/claims/listener/3/',
      },
    ],
  ],
  [
    'a number whose rule is not there yet',
    { rules: [], priorities: [{ balancer, priority: 1, key, tenant: 'shop', recorded: true }] },
    [],
  ],
  [
    'a claim that somebody wrote over',
    { hosts: [{ host }] },
    [
      {
        kind: 'CLAIM_UNREADABLE',
        text: `the claim of ${host} is not as Vendhost writes it`,
        next: `look at it: aws s3 cp s3://bucket/claims/hosts/${host}.json -; earlier versions: aws s3api list-object-versions --bucket bucket --prefix claims/hosts/${host}.json`,
      },
    ],
  ],
  [
    'a claim of a host that is not in the record',
    { hosts: [...agreeing.hosts, { host: 'more.example.com', tenant: 'shop' }] },
    [
      {
        kind: 'CLAIM_NOT_RECORDED',
        text: 'shop claimed more.example.com, which is not in its record',
        next: `${vend}: it adds the host to the record, or releases it if it is not in the file`,
      },
    ],
  ],
  [
    'a host of the record that another tenant claimed, before it was provisioned',
    {
      rules: [],
      hosts: [{ host, tenant: 'blog' }],
      records: [...agreeing.records, { tenant: 'blog', content: { ...record, hosts: [host] } }],
      files: [...(agreeing.files ?? []), { tenant: 'blog', content: granted }],
    },
    [{ kind: 'RECORD_HOST_UNCLAIMED', text: `${host} is in the record of shop, and blog claimed it`, next: vend }],
  ],
  [
    'a record that somebody wrote over',
    { records: [{ tenant: 'shop' }] },
    [{ kind: 'RECORD_UNREADABLE', text: 'the record of shop is not as Vendhost writes it', next: vend }],
  ],
  [
    'a record without a file',
    { files: [] },
    [
      {
        kind: 'RECORD_WITHOUT_FILE',
        text: 'shop has a record in dev, and no tenants/shop.yml with hosts there',
        next: 'bring the file back, or remove the tenant: vendhost tenant retire shop --environment dev',
      },
    ],
  ],
  [
    'a file without a record',
    { rules: [], hosts: [], priorities: [], records: [] },
    [
      {
        kind: 'FILE_WITHOUT_RECORD',
        text: 'tenants/shop.yml has hosts in dev, and shop has no record there',
        next: vend,
      },
    ],
  ],
  [
    'a file that is not valid',
    { files: [{ tenant: 'shop' }] },
    [
      {
        kind: 'FILE_UNREADABLE',
        text: 'tenants/shop.yml is not valid, so nothing was compared with it',
        next: 'vendhost config check',
      },
    ],
  ],
  [
    'a file that was changed and not vended',
    {
      files: [
        {
          tenant: 'shop',
          content: {
            project: 'acme/store',
            branch: 'develop',
            hosts: [host, 'new.example.com'],
            port: 3000,
            loadBalancer: 2,
            limits: { ...limits, max_instances: 9, database_classes: [] },
            approval,
          },
        },
      ],
    },
    [
      'project is acme/shop in the record, acme/store in the file',
      'branch is dev in the record, develop in the file',
      `hosts is ${host} in the record, new.example.com, ${host} in the file`,
      'port is 8080 in the record, 3000 in the file',
      'load_balancer is 1 in the record, 2 in the file',
      'limits.max_instances is 4 in the record, 9 in the file',
      `limits.database_classes is ${[...limits.database_classes].sort().join(', ')} in the record, nothing in the file`,
    ].map((text) => ({ kind: 'RECORD_DIFFERS', text: `shop: ${text}`, next: vend })),
  ],
  [
    'an approval that platform.yml asks for and no vend has given the pipeline',
    { files: [{ tenant: 'shop', content: { ...granted, approval: true } }] },
    [
      {
        kind: 'APPROVAL_DIFFERS',
        text: 'the record of shop says approval is false; in platform.yml it is true',
        next: `vendhost platform deploy --environment dev; then ${vend}`,
      },
    ],
  ],
  [
    'a record of an older version',
    { records: [{ tenant: 'shop', content: { ...record, approval: undefined } }] },
    [
      {
        kind: 'APPROVAL_DIFFERS',
        text: 'the record of shop is of an older version, which did not say whether releases wait for an approval; in platform.yml it is false',
        next: `vendhost platform deploy --environment dev; then ${vend}`,
      },
    ],
  ],
];

function reordered(): Partial<Ownership> {
  const two = ['a.example.com', host];
  return {
    hosts: two.map((each) => ({ host: each, tenant: 'shop' })),
    records: [{ tenant: 'shop', content: { ...record, hosts: two } }],
    files: [{ tenant: 'shop', content: { ...granted, hosts: [...two].reverse() } }],
  };
}

describe('what differs', () => {
  test.each(cases)('%s', (_what, changes, expected) => {
    expect(differences(changes)).toEqual(expected);
  });

  test('every kind is among the cases', () => {
    const seen = new Set(cases.flatMap(([, , expected]) => expected.map(({ kind }) => kind)));
    expect([...seen].sort()).toEqual([...differenceKinds].sort());
  });

  test('without the folder tenants/ nothing is said of files', () => {
    const { files, ...known } = agreeing;
    expect(ownershipStatus(known)).toEqual({
      ...{ compared: true, rules: 1, claims: 2, records: 1, files: null, maintenance: [], differences: [] },
    });
    expect(ownershipLines(ownershipStatus(known))).toEqual([
      'rules (1), claims (2), records (1); no folder tenants/ to compare with: no difference',
    ]);
  });
});

test('differences are shown with what to do next', () => {
  expect(ownershipLines(ownershipStatus({ ...agreeing, records: [{ tenant: 'shop' }] }))).toEqual([
    'rules (1), claims (2), records (1), files (1): 1 difference',
    '  RECORD_UNREADABLE: the record of shop is not as Vendhost writes it',
    `    next: ${vend}`,
  ]);
});

test('an environment without a bucket is not called fine', () => {
  expect(ownershipLines(ownershipStatus(undefined))).toEqual([
    'rules, claims and records: not compared, the bucket is not published',
  ]);
});
