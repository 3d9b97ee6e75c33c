import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { isPromoted } from '../../../scripts/config/files.ts';
import { parseConfig, readConfig } from '../../../scripts/config/load.ts';
import { platformSchema } from '../../../scripts/config/platform.ts';
import { tenantSchema } from '../../../scripts/config/tenant.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { repository } from '../../builders/repository.ts';

/** The faults of a file's text, as `path: message`. */
function faults(schema: z.ZodType, ...lines: string[]): string[] {
  return parseConfig('file.yml', lines.join('\n'), schema).faults.map(({ path, message }) => `${path}: ${message}`);
}

const vendhost = (...lines: string[]) => faults(vendhostSchema, ...lines);
const instanceType = 'must be an EC2 instance type, like t3.small';

describe('vendhost.yml', () => {
  test('an empty file means every default', () => {
    const { value, faults: none } = parseConfig('vendhost.yml', '', vendhostSchema);
    expect(none).toEqual([]);
    expect(value).toEqual({
      image: {
        source: { name: 'debian-12-amd64-*', owner: '136693071363', user: 'admin' },
        builder_type: 't3.small',
        volume_gib: 16,
      },
      instances: { type: 't3.small', max: 2 },
      database: { class: 'db.t3.micro', storage_gib: 20, rotation: 'none', name: 'app' },
      health_check: { path: '/', status: '200', grace_seconds: 120 },
      revision: { directory: 'software', include: ['**'], ignore: [] },
      deployment_config: 'CodeDeployDefault.OneAtATime',
      logs: [],
    });
  });

  test.each<[string, string[], string[]]>([
    [
      'all faults at once: unknown keys, wrong types, wrong values',
      ['imag: {}', 'instances: {typ: t3.small, min: one, type: 7}', 'health_check: {port: 80}'],
      [
        `instances.type: 7 is wrong: must be a text, in quotes`,
        'instances.min: "one" is wrong: must be a number',
        'instances.typ: unknown key: must be one of type, min, max',
        'health_check.port: the platform gives the port now: `port` in tenants/<name>.yml, 8080 if it says nothing',
        'imag: unknown key: must be one of image, instances, database, health_check, revision, deployment_config, logs',
      ],
    ],
    ['a wrong instance type', ['instances: {type: big}'], [`instances.type: "big" is wrong: ${instanceType}`]],
    ['min above max', ['instances: {min: 3, max: 2}'], ['instances.min: 3 is wrong: must be at most max']],
    ['too much', ['image: {volume_gib: 2000}'], ['image.volume_gib: 2000 is wrong: must be at most 1024']],
    ['too little', ['image: {volume_gib: 1}'], ['image.volume_gib: 1 is wrong: must be at least 8']],
    [
      'an account that YAML reads as a number',
      ['image: {source: {owner: 136693071363}}'],
      ['image.source.owner: 136693071363 is wrong: must be a text, in quotes'],
    ],
    ['no database', ['database: none'], []],
    ['neither none nor a database', ['database: mysql'], ['database: "mysql" is wrong: must be none, or a mapping']],
    ['a blank value', ['database:'], ['database: is blank: must be none, or a mapping']],
    [
      'a fault within a database',
      ['database: {class: big, size: 3}'],
      [
        'database.class: "big" is wrong: must be an RDS instance class, like db.t3.micro',
        'database.size: unknown key: must be one of class, storage_gib, max_storage_gib, apply, rotation, name',
      ],
    ],
    [
      'storage that RDS could not raise',
      ['database: {storage_gib: 50, max_storage_gib: 54}'],
      ['database.max_storage_gib: 54 is wrong: must be storage_gib, or at least a tenth more'],
    ],
    [
      'a wrong choice',
      ['deployment_config: Fast'],
      [
        'deployment_config: "Fast" is wrong: must be one of CodeDeployDefault.AllAtOnce, CodeDeployDefault.HalfAtATime, CodeDeployDefault.OneAtATime',
      ],
    ],
    [
      'a relative health check',
      ['health_check: {path: health}'],
      ['health_check.path: "health" is wrong: must be a text that begins with /'],
    ],
    [
      'a list item',
      ['revision: {ignore: [a, 3, ""]}'],
      ['revision.ignore.1: 3 is wrong: must be a text, in quotes', 'revision.ignore.2: "" is wrong: must not be empty'],
    ],
    [
      'more patterns than anybody writes',
      [`revision: {include: [${'a,'.repeat(1001)}]}`],
      [expect.stringMatching(/^revision\.include: .* is wrong: must be at most 1000 items$/)],
    ],
    ['no list', ['revision: {ignore: "*.log"}'], ['revision.ignore: "*.log" is wrong: must be a list']],
    [
      'a user no Unix has',
      ['image: {source: {user: "A B"}}'],
      ['image.source.user: "A B" is wrong: must be a user name, like admin'],
    ],
    [
      'a health check that no load balancer takes',
      ['health_check: {path: "/a b", status: "999"}'],
      [
        'health_check.path: "/a b" is wrong: must be at most 1024 characters of ASCII, without spaces: others as %20',
        'health_check.status: "999" is wrong: must be HTTP codes from 200 to 499, like 200 or 200-299',
      ],
    ],
    [
      'a range that falls',
      ['health_check: {path: "/ü", status: "200,399-300"}'],
      [
        'health_check.path: "/ü" is wrong: must be at most 1024 characters of ASCII, without spaces: others as %20',
        'health_check.status: "200,399-300" is wrong: must be ranges that rise, like 200-299',
      ],
    ],
    ['codes and ranges', ['health_check: {path: "/ok?deep=1&x=%20", status: "200,301-399,404"}'], []],
    [
      'a word that MySQL reserves',
      ['database: {name: select}'],
      ['database.name: "select" is wrong: must be no word that MySQL reserves, and no schema of its own'],
    ],
    [
      'names that no image and no user has',
      [`image: {source: {name: "a\\nb", user: ${'a'.repeat(33)}}}`],
      [
        `image.source.name: "a\\nb" is wrong: must be at most 128 letters, digits, spaces and ()[]./-'@_, with * and ? for any`,
        `image.source.user: "${'a'.repeat(33)}" is wrong: must be a user name, like admin`,
      ],
    ],
    [
      'sizes that AWS has not',
      ['instances: {type: zz9.zebra}'],
      [`instances.type: "zz9.zebra" is wrong: ${instanceType}`],
    ],
    ['a list at the top', ['- image'], [': ["image"] is wrong: must be a mapping']],
    [
      'a long wrong value is cut',
      [`deployment_config: ${'x'.repeat(200)}`],
      [expect.stringMatching(/^deployment_config: "x{78}… is wrong: /) as unknown as string],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(vendhost(...lines)).toEqual(expected);
  });

  test.each<[string, string[], string]>([
    [
      'broken YAML',
      ['image: ['],
      ': not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 9',
    ],
    ['a key twice', ['image: {}', 'image: {}'], ': not YAML: the key image is there twice at line 2, column 1'],
    [
      'a pattern without quotes',
      ['revision: {include: [**]}'],
      ': not YAML: Unresolved alias (the anchor must be set before the alias): * (a text that begins with * needs quotes)',
    ],
    ['a tab', ['image:', '\tvolume_gib: 8'], ': not YAML: Tabs are not allowed as indentation at line 2, column 1'],
  ])('%s', (_name, lines, expected) => {
    expect(vendhost(...lines)[0]).toBe(expected);
  });

  test('an alias that unfolds without end is refused, not obeyed', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) =>
        `${'bcdefghij'[level]}: &${'bcdefghij'[level]} [${Array(9).fill(`*${'abcdefghi'[level]}`).join(', ')}]`,
    );
    expect(vendhost('a: &a [x]', ...levels)).toEqual([expect.stringMatching(/^: not YAML: Excessive alias count/)]);
  });
});

const environment = [
  '    account: "111111111111"',
  '    region: eu-west-1',
  '    cidr: 10.10.0.0/16',
  '    domain: dev.example.com',
  '    certificate: arn:aws:acm:eu-west-1:111111111111:certificate/one',
];
/** In another account and region. */
const elsewhere = [
  '    account: "222222222222"',
  '    region: us-east-1',
  '    cidr: 10.30.0.0/16',
  '    domain: example.com',
  '    certificate: arn:aws:acm:us-east-1:222222222222:certificate/one',
];
const head = ['name: acme', 'gitlab: https://gitlab.example.com', 'environments:'];

describe('platform.yml', () => {
  const platform = (...lines: string[]) => faults(platformSchema, ...lines);

  test('images come from whatever account and region', () => {
    const lines = [...head, '  dev:', ...environment, '  production:', ...elsewhere, '    images_from: dev'];
    const { value } = parseConfig('platform.yml', lines.join('\n'), platformSchema);
    expect(value && (['dev', 'production'] as const).map((name) => isPromoted(value, name))).toEqual([true, false]);
  });

  test('a sound one, with its defaults', () => {
    const { value } = parseConfig('platform.yml', [...head, '  dev:', ...environment].join('\n'), platformSchema);
    expect(value?.environments.dev).toMatchObject({ nat: 'one', builders: { access: 'private' }, approval: false });
  });
  test.each([
    [[], 'https://gitlab.example.com'],
    [['issuer: https://bucket.s3.eu-west-1.amazonaws.com/gitlab'], 'https://bucket.s3.eu-west-1.amazonaws.com/gitlab'],
  ])('%j: ID tokens are issued by %s; the audience is GitLab', (lines, issuer) => {
    const text = [...lines, head[0], 'gitlab: https://gitlab.example.com/', head[2], '  dev:', ...environment].join(
      '\n',
    );
    const { value } = parseConfig('platform.yml', text, platformSchema);
    expect(value).toMatchObject({
      issuer,
      gitlab: 'https://gitlab.example.com',
      audience: 'https://gitlab.example.com',
    });
  });
  test.each([
    'http://tokens.example.com',
    'https://tokens.example.com/',
    'https://tokens.example.com:8443',
    'https://tokens.example.com?a=b',
    'https://tokens.example.com/a#b',
    'tokens.example.com',
  ])('an issuer that AWS or GitLab would write otherwise: %s', (issuer) => {
    expect(platform(`issuer: ${issuer}`, ...head, '  dev:', ...environment)).toEqual([
      `issuer: "${issuer}" is wrong: must be a lower-case https address with a domain, without a port, a query, a fragment, /.well-known and a slash at the end`,
    ]);
  });
  test.each<[string, string[], string[]]>([
    [
      'an empty file',
      [''],
      ['name: missing: must be a text', 'gitlab: missing: must be a text', 'environments: missing: must be a mapping'],
    ],
    [
      'an environment nobody knows',
      [...head, '  dev:', ...environment, '  prod:', ...environment],
      ['environments.prod: unknown key: must be one of dev, staging, production'],
    ],
    [
      'no environment',
      [head[0] ?? '', head[1] ?? '', 'environments: {}'],
      ['environments: {} is wrong: must be at least one environment'],
    ],
    [
      'an address that is none',
      ['name: acme', 'gitlab: gitlab.example.com', 'environments:', '  dev:', ...environment],
      ['gitlab: "gitlab.example.com" is wrong: must be an address that begins with http:// or https://'],
    ],
    [
      'a region with too few zones',
      [...head, '  dev:', ...environment.map((line) => line.replaceAll('eu-west-1', 'us-west-1'))],
      ['environments.dev.region: "us-west-1" is wrong: must be a region with three availability zones'],
    ],
    [
      'a region of China',
      [...head, '  dev:', ...environment.map((line) => line.replaceAll('eu-west-1', 'cn-north-1'))],
      expect.arrayContaining([
        'environments.dev.region: "cn-north-1" is wrong: must be one of AWS\'s commercial regions: China, GovCloud and the partitions apart are not supported',
      ]),
    ],
    [
      'a region of GovCloud',
      [...head, '  dev:', ...environment.map((line) => line.replaceAll('eu-west-1', 'us-gov-west-1'))],
      expect.arrayContaining([
        'environments.dev.region: "us-gov-west-1" is wrong: must be one of AWS\'s commercial regions: China, GovCloud and the partitions apart are not supported',
      ]),
    ],
    [
      'an isolated region',
      [...head, '  dev:', ...environment.map((line) => line.replaceAll('eu-west-1', 'us-isob-east-1'))],
      expect.arrayContaining([
        'environments.dev.region: "us-isob-east-1" is wrong: must be one of AWS\'s commercial regions: China, GovCloud and the partitions apart are not supported',
      ]),
    ],
    [
      'faults within an environment',
      [...head, '  dev:', '    account: 111111111111', '    nat: two', '    cidr: 8.8.0.0/16', '    vpc: x'],
      [
        'environments.dev.account: 111111111111 is wrong: must be a text, in quotes',
        'environments.dev.region: missing: must be a text',
        'environments.dev.cidr: "8.8.0.0/16" is wrong: must be a private /16 network, like 10.10.0.0/16 (within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)',
        'environments.dev.nat: "two" is wrong: must be one of one, per-zone',
        'environments.dev.domain: missing: must be a text',
        'environments.dev.certificate: missing: must be a text',
        'environments.dev.vpc: unknown key: must be one of branch, account, region, role, cidr, subnets, nat, flow_logs, retention_days, domain, certificate, load_balancers, builders, alerts, vending, images_from, approval, costs',
      ],
    ],
    [
      'images of the environment itself',
      [...head, '  dev:', ...environment, '    images_from: dev'],
      ['environments.dev.images_from: "dev" is wrong: must be another environment of this file: there is none'],
    ],
    [
      'images of an environment that is not there',
      [...head, '  dev:', ...environment, '  production:', ...elsewhere, '    images_from: staging'],
      ['environments.production.images_from: "staging" is wrong: must be another environment of this file: dev'],
    ],
    [
      'builders that the world could reach by nobody having said so',
      [...head, '  dev:', ...environment, '    builders: { access: public }'],
      ['environments.dev.builders.runners: missing: must be the networks of the runners, when access is public'],
    ],
    [
      'runners without a network',
      [...head, '  dev:', ...environment, '    builders: { access: public, runners: [203.0.113.7, 300.0.0.0/8] }'],
      [
        'environments.dev.builders.runners.0: "203.0.113.7" is wrong: must be a network, like 203.0.113.7/32',
        'environments.dev.builders.runners.1: "300.0.0.0/8" is wrong: must be a network, like 203.0.113.7/32',
      ],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(platform(...lines)).toEqual(expected);
  });
});

describe('tenants/*.yml', () => {
  const tenant = (...lines: string[]) => faults(tenantSchema, ...lines);

  test('a sound one, with its defaults', () => {
    const { value } = parseConfig(
      't.yml',
      'project: acme/shop\nhosts: {dev: [shop.dev.example.com, "*.shop.dev.example.com"]}',
      tenantSchema,
    );
    expect(value?.limits).toMatchObject({ max_instances: 4, max_storage_gib: 100 });
  });
  test('international names are in ASCII, also their last part', () => {
    const named = (host: string) => tenant('project: acme/shop', `hosts: {dev: [${host}]}`);
    for (const host of ['xn--mnchen-3ya.example.com', 'shop.xn--e1afmkfd.xn--p1ai']) expect(named(host)).toEqual([]);
    for (const host of ['münchen.example.com', 'shop.example.com.', 'shop.xn--', 'shop.xn--a-', 'shop.1a']) {
      expect(named(host)).toEqual([expect.stringContaining('must be a lower-case DNS name')]);
    }
  });
  test('faults', () => {
    expect(
      tenant(
        'project: shop',
        'hosts: {dev: [], prod: [x.example.com], staging: [UP.example.com, "a.*.example.com"]}',
        'limits: {max_instances: 0}',
        `maintenance: {dev: "${'é'.repeat(513)}"}`,
        `maintenance_switch: {dev: "<p>{{ global:REGION }}", staging: "${'p'.repeat(1023)}\\n", production: "${'p'.repeat(1024)}"}`,
      ),
    ).toEqual([
      'project: "shop" is wrong: must be the path of a GitLab project, like acme/shop',
      'hosts.dev: [] is wrong: must not be empty',
      'hosts.staging.0: "UP.example.com" is wrong: must be a lower-case DNS name, like shop.example.com, in ASCII (xn--…)',
      'hosts.staging.1: "a.*.example.com" is wrong: must be a lower-case DNS name, like shop.example.com, in ASCII (xn--…)',
      'hosts.prod: unknown key: must be one of dev, staging, production',
      expect.stringMatching(/^maintenance\.dev: .*is wrong: must be at most 1024 bytes$/),
      expect.stringMatching(/^maintenance_switch\.dev: .*is wrong: must be a page without \{\{$/),
      expect.stringMatching(/^maintenance_switch\.production: .*is wrong: must be at most 1023 bytes$/),
      'limits.max_instances: 0 is wrong: must be at least 1',
    ]);
  });
});

test.each([
  't3.small',
  'u-6tb1.112xlarge',
  'c7i.metal-24xl',
  'a1.medium',
  'm5.large',
  'x2iedn.32xlarge',
  'mac2-m2pro.metal',
])('%s is an instance type', (type) => {
  expect(vendhost(`instances: {type: ${type}}`).filter((fault) => fault.startsWith('instances'))).toEqual([]);
});

test.each(['../..', 'acme/..', 'acme/-shop', 'acme/shop.git', 'acme/shop.atom', 'acme/shop.', 'acme', 'acme//shop'])(
  '%s is no project',
  (project) => {
    expect(faults(tenantSchema, `project: ${project}`)[0]).toMatch(/^project: .* must be the path of a GitLab project/);
  },
);

test.each(['acme/shop', 'a.b/c_d/e-f', 'acme/shop.js', '_x/y'])('%s is a project', (project) => {
  expect(faults(tenantSchema, `project: ${project}`).filter((fault) => fault.startsWith('project'))).toEqual([]);
});

describe('readConfig', () => {
  test('an absent file is an error, unless it is optional', async () => {
    const file = join(await repository({}), 'vendhost.yml');
    await expect(readConfig(file, vendhostSchema)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: `no file ${file}`,
    });
    expect(await readConfig(file, vendhostSchema, { optional: true })).toMatchObject({ instances: { max: 2 } });
  });
  test('what cannot be read is named', async () => {
    const file = await repository({});
    await expect(readConfig(file, vendhostSchema)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: `${file} is a folder: must be a file`,
    });
  });
  test('faults become one error with all of them', async () => {
    const directory = await repository({ 'vendhost.yml': 'a: 1\nb: 2\n' });
    const file = join(directory, 'vendhost.yml');
    await expect(readConfig(file, vendhostSchema)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `2 faults in ${file}`,
      details: [expect.stringMatching(/: a: unknown key/), expect.stringMatching(/: b: unknown key/)],
    });
  });
});
