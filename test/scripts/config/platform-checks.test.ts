import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '../../../scripts/config/load.ts';
import { platformSchema } from '../../../scripts/config/platform.ts';
import { crossFieldFaults } from '../../../scripts/config/platform-checks.ts';

type Keys = Readonly<Record<string, unknown>>;

const base = (account: string, name: string, second: number): Keys => ({
  account,
  region: 'eu-west-1',
  cidr: `10.${second}.0.0/16`,
  domain: `${name}.example.com`,
  certificate: `arn:aws:acm:eu-west-1:${account}:certificate/one`,
});
const sound: Readonly<Record<string, Keys>> = {
  dev: base('111111111111', 'dev', 10),
  staging: base('222222222222', 'staging', 20),
  production: { ...base('333333333333', 'production', 30), domain: 'example.com' },
};

/** The faults of a sound platform.yml with these keys changed. */
function faults(changes: Readonly<Record<string, Keys>>, more: Keys = {}): string[] {
  const merged = Object.entries({ ...sound, ...changes }).map(([name]) => [name, { ...sound[name], ...changes[name] }]);
  const content = {
    name: 'acme',
    gitlab: 'https://gitlab.example.com',
    environments: Object.fromEntries(merged),
    ...more,
  };
  return parseConfig('platform.yml', stringify(content), platformSchema).faults.map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

test('what fits together has no fault; a domain may lie below another', () => {
  expect(faults({})).toEqual([]);
});

const aPrivate =
  'must be a private /16 network, like 10.10.0.0/16 (within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)';

describe('the network of a VPC', () => {
  test.each([
    ['10.10.5.0/16', 'must be on its boundary: 10.10.0.0/16'],
    ['192.168.7.9/16', 'must be on its boundary: 192.168.0.0/16'],
    ['172.32.0.0/16', aPrivate],
    ['172.15.0.0/16', aPrivate],
    ['192.169.0.0/16', aPrivate],
    ['10.300.0.0/16', aPrivate],
    ['8.8.0.0/16', aPrivate],
    ['10.10.0.0/17', aPrivate],
    ['10.10.0.0', aPrivate],
    ['010.10.0.0/16', aPrivate],
  ])('%s %s', (cidr, allowed) => {
    expect(faults({ dev: { cidr } })).toEqual([`environments.dev.cidr: "${cidr}" is wrong: ${allowed}`]);
  });

  test.each(['10.0.0.0/16', '172.16.0.0/16', '172.31.0.0/16', '192.168.0.0/16'])('%s is one', (cidr) => {
    expect(faults({ dev: { cidr } })).toEqual([]);
  });

  test('of one environment shares no address with that of another, wherever it begins', () => {
    expect(faults({ staging: { cidr: '10.10.0.0/16' }, production: { cidr: '10.10.9.0/16' } })).toEqual([
      'environments.production.cidr: "10.10.9.0/16" is wrong: must be on its boundary: 10.10.0.0/16',
      'environments.staging.cidr: "10.10.0.0/16" is wrong: must be a network that shares no address with that of dev, 10.10.0.0/16',
      'environments.production.cidr: "10.10.9.0/16" is wrong: must be a network that shares no address with that of dev, 10.10.0.0/16',
      'environments.production.cidr: "10.10.9.0/16" is wrong: must be a network that shares no address with that of staging, 10.10.0.0/16',
    ]);
  });
});

describe('the networks of the kinds of subnets', () => {
  const subnets = (own: Keys) =>
    faults({ dev: { subnets: own } }).map((line) => line.replace('environments.dev.subnets.', ''));

  test.each<Keys>([
    { public: '10.10.192.0/18' },
    { public: '10.10.0.0/26', egress: '10.10.128.0/17', isolated: '10.10.0.64/26' },
    { public: '10.10.64.0/18', egress: '10.10.0.0/18' },
  ])('%j fit', (own) => {
    expect(subnets(own)).toEqual([]);
  });

  test.each<[Keys, string[]]>([
    [
      { public: '10.10.0.0/27' },
      [
        'public: "10.10.0.0/27" is wrong: must be from /16 to /26: its quarters are the subnets, which AWS has from /16 to /28',
      ],
    ],
    [{ public: '10.10.16.0/18' }, ['public: "10.10.16.0/18" is wrong: must be on its boundary: 10.10.0.0/18']],
    [{ isolated: '10.11.0.0/18' }, ['isolated: "10.11.0.0/18" is wrong: must be within the VPC, 10.10.0.0/16']],
    [{ public: '10.10.0.999/18' }, ['public: "10.10.0.999/18" is wrong: must be a network, like 10.10.64.0/18']],
    [{ public: 'all' }, ['public: "all" is wrong: must be a network, like 10.10.64.0/18']],
    [
      { public: '10.10.64.0/20' },
      [
        'public: "10.10.64.0/20" is wrong: must be apart from the egress subnets, 10.10.64.0/18, or subnets.egress must name another',
      ],
    ],
    [
      { public: '10.10.192.0/19', isolated: '10.10.192.0/18' },
      ['isolated: "10.10.192.0/18" is wrong: must be apart from the public subnets, 10.10.192.0/19'],
    ],
    [
      { egress: '10.10.0.0/16' },
      [
        'egress: "10.10.0.0/16" is wrong: must be apart from the public subnets, 10.10.0.0/18, or subnets.public must name another',
        'egress: "10.10.0.0/16" is wrong: must be apart from the isolated subnets, 10.10.128.0/18, or subnets.isolated must name another',
      ],
    ],
  ])('%j', (own, expected) => {
    expect(subnets(own)).toEqual(expected);
  });
});

describe('what names an account or a region', () => {
  test.each<[string, Keys, string]>([
    [
      'a certificate of another region',
      { certificate: 'arn:aws:acm:us-east-1:111111111111:certificate/one' },
      'certificate: "arn:aws:acm:us-east-1:111111111111:certificate/one" is wrong: must be a certificate of region eu-west-1, as dev is',
    ],
    [
      'a certificate of another account and partition',
      { certificate: 'arn:aws-cn:acm:eu-west-1:222222222222:certificate/one' },
      'certificate: "arn:aws-cn:acm:eu-west-1:222222222222:certificate/one" is wrong: must be a certificate of partition aws and account 111111111111, as dev is',
    ],
    [
      'a role of another account',
      { role: 'arn:aws:iam::222222222222:role/admin' },
      'role: "arn:aws:iam::222222222222:role/admin" is wrong: must be a role of account 111111111111, as dev is',
    ],
    [
      'an account of eleven digits',
      { account: '11111111111' },
      'account: "11111111111" is wrong: must be a quoted 12-digit account number',
    ],
    [
      'an account without quotes',
      { account: 111111111111 },
      'account: 111111111111 is wrong: must be a text, in quotes',
    ],
  ])('%s', (_name, changes, expected) => {
    expect(faults({ dev: changes })).toEqual([`environments.dev.${expected}`]);
  });

  test('China has a partition of its own, and is refused for that alone', () => {
    const certificate = 'arn:aws-cn:acm:cn-north-1:111111111111:certificate/one';
    expect(
      faults({ dev: { region: 'cn-north-1', certificate, role: 'arn:aws-cn:iam::111111111111:role/admin' } }),
    ).toEqual([
      expect.stringMatching(
        /^environments\.dev\.region: "cn-north-1" is wrong: must be one of AWS's commercial regions/,
      ),
    ]);
  });
});

test('a branch is that of one environment: who names it is told, be it the first or the second', () => {
  const own = 'is wrong: must be a branch of its own';
  expect(faults({ staging: { branch: 'dev' } })).toEqual([
    `environments.staging.branch: "dev" ${own}: dev is that of dev`,
  ]);
  expect(faults({ dev: { branch: 'master' } })).toEqual([
    `environments.dev.branch: "master" ${own}: master is that of production`,
  ]);
});

test('a domain is that of one environment', () => {
  expect(faults({ production: { domain: 'dev.example.com' } })).toEqual([
    'environments.production.domain: "dev.example.com" is wrong: must be a domain of its own, or one below it: it is that of dev',
  ]);
});

describe('the address of GitLab, which is the issuer of its ID tokens', () => {
  const rule =
    'must be an address that AWS accepts as the issuer of ID tokens: https, a lower-case domain (an international one as xn--…), no port; or issuer must name another, see docs/gitlab.md';
  const plain = 'must be an address without a user, a query and a fragment';

  test.each([
    ['http://gitlab.example.com', rule],
    ['https://gitlab.example.com:8443', rule],
    ['https://GitLab.example.com', rule],
    ['https://gitlab.bücher.example', rule],
    ['https://gitlab', rule],
    ['https://owner:secret@gitlab.example.com', plain],
    ['https://gitlab.example.com?a=b', plain],
    ['https://gitlab.example.com/#a', plain],
  ])('%s is refused', (gitlab, allowed) => {
    expect(faults({}, { gitlab })).toEqual([`gitlab: ${JSON.stringify(gitlab)} is wrong: ${allowed}`]);
  });

  test.each(['https://gitlab.example.com/', 'https://example.com/gitlab', 'https://gitlab.xn--bcher-kva.example'])(
    '%s is accepted',
    (gitlab) => {
      expect(faults({}, { gitlab })).toEqual([]);
    },
  );

  test.each(['http://gitlab.internal:8080', 'https://gitlab.bücher.example'])(
    '%s is accepted with an issuer of its own',
    (gitlab) => {
      expect(faults({}, { gitlab, issuer: 'https://issuer.example.com' })).toEqual([]);
    },
  );
});

describe('what AWS would refuse of one key', () => {
  const long = (count: number) => 'a'.repeat(count);
  const arn = 'arn:aws:iam::111111111111:role/';

  test.each<[Keys, string]>([
    [{ alerts: ['ops@example.com', 'Ops@example.com'] }, 'must be a list that names each once'],
    [{ builders: { runners: ['192.0.2.1/32', '192.0.2.1/32'] } }, 'must be a list that names each once'],
    [{ builders: { runners: ['192.0.2.1/24'] } }, 'must be on its boundary: 192.0.2.0/24'],
    [
      { builders: { runners: Array.from({ length: 61 }, (_, index) => `192.0.2.${index}/32`) } },
      'must be at most 60 items',
    ],
    [
      { certificate: 'arn:aws:acm:eu-west-1:111111111111:certificate/one two' },
      'must be the ARN of an ACM certificate',
    ],
    [{ role: `${arn}${long(65)}` }, 'must be the ARN of an IAM role'],
    [{ role: `${arn}deploy/` }, 'must be the ARN of an IAM role'],
    [{ domain: `${`${long(50)}.`.repeat(3)}example.com` }, 'must be at most 128 characters'],
  ])('%j', (keys, allowed) => {
    expect(faults({ dev: keys }).map((each) => each.replace(/^.* is wrong: /, ''))).toEqual([allowed]);
  });

  test.each([`${arn}deploy`, `${arn}teams/platform/${long(64)}`])('%s is a role', (role) => {
    expect(faults({ dev: { role } })).toEqual([]);
  });

  test('the address of GitLab and the audience are no longer than IAM takes them', () => {
    const gitlab = `https://gitlab.example.com/${long(250)}`;
    expect(faults({}, { gitlab, audience: long(256) }).map((each) => each.replace(/".*…/, '…'))).toEqual([
      'gitlab: … is wrong: must be at most 255 characters',
      'audience: … is wrong: must be at most 255 characters',
    ]);
    expect(faults({}, { audience: long(255) })).toEqual([]);
  });
});

test('jobs vend only where the file names their project', () => {
  expect(faults({ dev: { vending: 'jobs' } })).toEqual([
    'environments.dev.vending: "jobs" is wrong: must be people, as the file names no `project`',
  ]);
  expect(faults({ dev: { vending: 'jobs' } }, { project: 'acme/platform' })).toEqual([]);
});

test('other faults hide none of these', () => {
  const changes = {
    dev: { region: undefined, nat: 'two', certificate: 'arn:aws:acm:us-east-1:444444444444:certificate/one', vpc: 1 },
    staging: { cidr: '10.10.0.0/16', account: 7 },
    prod: {},
  };
  expect(faults(changes, { gitlab: 'none', color: 'red' })).toEqual([
    'gitlab: "none" is wrong: must be an address that begins with http:// or https://',
    'environments.dev.region: missing: must be a text',
    'environments.dev.nat: "two" is wrong: must be one of one, per-zone',
    expect.stringMatching(/^environments\.dev\.vpc: unknown key/),
    'environments.staging.account: 7 is wrong: must be a text, in quotes',
    'environments.prod: unknown key: must be one of dev, staging, production',
    expect.stringMatching(/^color: unknown key/),
    'environments.dev.certificate: "arn:aws:acm:us-east-1:444444444444:certificate/one" is wrong: must be a certificate of account 111111111111, as dev is',
    'environments.staging.cidr: "10.10.0.0/16" is wrong: must be a network that shares no address with that of dev, 10.10.0.0/16',
  ]);
});

test.each([
  undefined,
  null,
  7,
  [],
  { environments: 7 },
  { environments: { dev: 7 } },
  { environments: { dev: { subnets: 1 } } },
])('of %j nothing can be judged', (content) => {
  expect(crossFieldFaults(content)).toEqual([]);
});
