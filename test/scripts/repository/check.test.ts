import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRepository } from '../../../scripts/repository/check.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository, script, soundTenant, type Tree } from '../../builders/repository.ts';

/** What `config check` says of a repository. */
async function check(tree: Tree) {
  const directory = await repository(tree);
  const runtime = recorder();
  const error = await checkRepository(runtime, { directory }).then(
    () => undefined,
    (thrown: { code: string; message: string; details: string[] }) => thrown,
  );
  const [, ...progress] = runtime.progress();
  const result: unknown = runtime.printed() === '' ? undefined : JSON.parse(runtime.printed());
  return { progress, result, code: error?.code, message: error?.message, faults: error?.details };
}

const sound = { progress: [], code: undefined, message: undefined, faults: undefined };

describe("a tenant's repository", () => {
  test('without a fault', async () => {
    expect(await check(soundTenant)).toEqual({ ...sound, result: { files: 3, warnings: 0 } });
  });
  test('every fault of every file is listed at once; warnings are apart', async () => {
    const { progress, code, message, faults } = await check({
      'vendhost.yml': 'instances:\n  typ: t3.small\n  min: 5\n',
      'infrastructure/preInstall.sh': '#!/bin/bash\r\necho\r\n',
      'software/appspec.yml': [
        'version: 0.0',
        'os: linux',
        'note: []',
        'hooks:',
        '  AfterInstall:',
        '    - location: hooks/after.sh',
        '    - location: hooks/missing.sh',
        '  ApplicationStart:',
        '    - location: hooks',
        '    - location: ../outside.sh',
        '    - location: hooks/AFTER.sh',
      ].join('\n'),
      'software/hooks/after.sh': 'echo\n',
      'software/hosts': '-> /etc/hosts',
    });
    expect(progress).toEqual([
      'warning: software/appspec.yml:3: note: is ignored: known are version, os, files, permissions, hooks, file_exists_behavior',
      'warning: software/appspec.yml:6: hooks.AfterInstall.0: no timeout (and 4 more): a script that hangs is ended after an hour; write timeout, in seconds',
      'warning: software/hooks/after.sh:1: no interpreter in the first line: write #!/bin/bash',
    ]);
    expect([code, message]).toEqual(['CHECK_FAILED', '9 faults in 5 files (and 3 warnings)']);
    expect(faults).toEqual([
      expect.stringMatching(/^vendhost\.yml: instances\.typ: unknown key/),
      expect.stringMatching(/^vendhost\.yml: instances\.min: 5 is wrong: must be at most max/),
      'infrastructure/install.sh: missing: bash runs it to build the image',
      'infrastructure/preInstall.sh:1: Windows line end (and 1 more): must be LF, see .gitattributes: *.sh text eol=lf',
      'software/appspec.yml:7: hooks.AfterInstall.1.location: "hooks/missing.sh" is not in software',
      'software/appspec.yml:9: hooks.ApplicationStart.0.location: "hooks" is a folder: must be a script',
      'software/appspec.yml:10: hooks.ApplicationStart.1.location: "../outside.sh" leaves the revision',
      'software/appspec.yml:11: hooks.ApplicationStart.2.location: "hooks/AFTER.sh" is not in the revision: the file is called "hooks/after.sh"',
      expect.stringMatching(/^software\/hosts: is a symbolic link out of software/),
    ]);
  });
  test.each<[string, Tree, string[]]>([
    [
      'no software; a machine of its own is not needed',
      { 'README.md': '' },
      ['software/: missing: must be the folder with appspec.yml (revision.directory of vendhost.yml)'],
    ],
    [
      'infrastructure is a file',
      { infrastructure: '', 'software/appspec.yml': 'version: 0.0\nos: linux\n' },
      ['infrastructure/: must be a folder with install.sh, which says what the machine needs'],
    ],
    [
      'no appspec.yml',
      { 'infrastructure/install.sh': script, 'software/deep/AppSpec.yml': '' },
      [
        'software/appspec.yml: missing: there is deep/AppSpec.yml, but it must be appspec.yml at the top, the only name that hooks are read from',
      ],
    ],
    [
      'an appspec.yml that is left out',
      { ...soundTenant, 'vendhost.yml': 'revision:\n  ignore: ["*.yml"]\n' },
      ['software/appspec.yml: is left out of the revision by revision.include or revision.ignore of vendhost.yml'],
    ],
    [
      'a hook that is left out',
      { ...soundTenant, 'vendhost.yml': 'revision:\n  ignore: [hooks/]\n' },
      [
        'software/appspec.yml:5: hooks.AfterInstall.0.location: "hooks/after.sh" is in software, but vendhost.yml leaves it out (revision.include, revision.ignore) or it is an empty folder',
      ],
    ],
    [
      'software for windows',
      { ...soundTenant, 'software/appspec.yml': 'version: 0.0\nos: windows\n' },
      ['software/appspec.yml:2: os: windows never deploys here: virtual hosts run linux'],
    ],
    [
      'a hook written on windows',
      { ...soundTenant, 'software/hooks/after.sh': '\uFEFF#!/bin/bash\r\n' },
      [
        'software/hooks/after.sh:1: begins with a byte order mark: save it as UTF-8 without BOM',
        'software/hooks/after.sh:1: Windows line end: must be LF, see .gitattributes: *.sh text eol=lf',
      ],
    ],
    [
      'a revision folder outside of the repository',
      { ...soundTenant, 'vendhost.yml': 'revision:\n  directory: ../elsewhere\n' },
      ['../elsewhere/: revision.directory leaves the repository'],
    ],
    [
      'broken YAML',
      { ...soundTenant, 'vendhost.yml': 'image: [' },
      [expect.stringMatching(/^vendhost\.yml: not YAML: /) as unknown as string],
    ],
  ])('%s', async (_name, tree, faults) => {
    expect((await check(tree)).faults).toEqual(faults);
  });
  test('a program may be a hook, and a folder of another name the revision', async () => {
    const elf = Buffer.from('\u007fELF\r\n\u0000', 'latin1');
    const tree = {
      'infrastructure/install.sh': script,
      'vendhost.yml': 'revision:\n  directory: .\n  ignore: [infrastructure]\n',
      'appspec.yml': 'version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: tool\n      timeout: 5\n',
      tool: elf,
    };
    expect(await check(tree)).toEqual({ ...sound, result: { files: 5, warnings: 0 } });
  });
  test('what is copied and set must fit', async () => {
    const { progress, faults } = await check({
      ...soundTenant,
      'software/app/index.html': '',
      'software/appspec.yml': [
        'version: 0.0',
        'os: linux',
        'files:',
        '  - {source: app/index.html, destination: /srv/index.html}',
        '  - {source: app, destination: /srv/app/}',
        '  - {source: lib, destination: /srv/lib}',
        '  - {source: /, destination: /opt/all}',
        'permissions:',
        '  - {object: /srv/index.html/index.html, pattern: "*.html", mode: 644}',
        '  - {object: /srv, owner: admin}',
        '  - {object: /etc/app, owner: admin}',
        '  - {object: /opt/all/app, owner: admin, type: [directory]}',
      ].join('\n'),
    });
    expect(progress).toEqual([
      'warning: software/appspec.yml:3: files: without file_exists_behavior, Install fails where a file is that the last deployment did not put there: write OVERWRITE, RETAIN or DISALLOW',
      'warning: software/appspec.yml:4: files.0.destination: "/srv/index.html" becomes a folder: the file would be /srv/index.html/index.html',
      `warning: software/appspec.yml:11: permissions.2.object: "/etc/app" is not a destination of this revision's files: nothing is set`,
      'warning: software/appspec.yml:12: permissions.3.object: nothing in "/opt/all/app" fits pattern, except and type: nothing is set, and the folder itself never is',
    ]);
    expect(faults).toEqual([
      'software/appspec.yml:6: files.2.source: "lib" is not in software',
      'software/appspec.yml:9: permissions.0: "/srv/index.html/index.html" is a copied file, and pattern and except are for folders: Install would fail',
    ]);
  });
  test('another name than appspec.yml is a fault', async () => {
    const { 'software/appspec.yml': spec = '', ...rest } = soundTenant;
    const { faults } = await check({ ...rest, 'software/appspec.yaml': spec });
    expect(faults).toEqual([
      'software/appspec.yml: missing: there is appspec.yaml, but it must be appspec.yml, the only name that hooks are read from',
    ]);
  });
});

const environment = (domain: string) =>
  [
    '    account: "111111111111"',
    '    region: eu-west-1',
    '    cidr: 10.10.0.0/16',
    `    domain: ${domain}`,
    '    certificate: arn:aws:acm:eu-west-1:111111111111:certificate/one',
  ].join('\n');
const platform = `name: acme\ngitlab: https://gitlab.example.com\nenvironments:\n  dev:\n${environment('dev.example.com')}\n`;

describe("a platform's repository", () => {
  test('without a fault', async () => {
    const tree = {
      'platform.yml': platform,
      'tenants/shop.yml': 'project: acme/shop\nhosts:\n  dev: [shop.dev.example.com, dev.example.com]\n',
    };
    expect(await check(tree)).toEqual({ ...sound, result: { files: 2, warnings: 0 } });
  });
  test('a second platform file that nobody reads is a fault', async () => {
    const { faults } = await check({ 'platform.yml': platform, 'platform.yaml': platform });
    expect(faults).toEqual(['platform.yaml: is not read: must be named platform.yml']);
  });
  test('every fault of every file is listed at once', async () => {
    const { progress, message, faults } = await check({
      'platform.yml': `${platform}color: red\n`,
      'tenants/Shop.yml': 'project: acme\nhosts:\n  dev: [Shop.dev.example.com]\n',
      'tenants/bar.yml':
        'project: acme/bar\nhosts:\n  dev: [cafe.dev.example.com, bar.dev.example.com, bar.dev.example.com]\n',
      'tenants/cafe.yml': 'project: acme/cafe\nhosts:\n  dev: [cafe.dev.example.com]\n',
      'tenants/mill.yaml': '',
    });
    expect(progress).toEqual(['warning: tenants/mill.yaml: is not read: must end in .yml']);
    expect(message).toBe('6 faults in 4 files (and 1 warning)');
    expect(faults).toEqual(
      [
        expect.stringMatching(/^platform\.yml: color: unknown key/),
        '"Shop" is not a tenant\'s name: must be 3 to 20 lower-case letters, digits and hyphens; a letter first, no hyphen last',
        'project: "acme" is wrong: must be the path of a GitLab project, like acme/shop',
        'hosts.dev.0: "Shop.dev.example.com" is wrong: must be a lower-case DNS name, like shop.example.com, in ASCII (xn--…)',
      ]
        .map((line) => (typeof line === 'string' ? `tenants/Shop.yml: ${line}` : line))
        .concat([
          'tenants/bar.yml: hosts.dev.2: "bar.dev.example.com" is wrong: it is listed twice',
          'tenants/cafe.yml: hosts.dev.0: "cafe.dev.example.com" is claimed already, by tenants/bar.yml in dev: one host, one tenant and environment',
        ]),
    );
  });
  test("no host lies in another tenant's wildcard; a tenant's own may, and so may those of another environment", async () => {
    const { faults } = await check({
      'platform.yml': `${platform}  staging:\n${environment('staging.example.com').replace('10.10.0.0', '10.20.0.0')}\n`,
      'tenants/mall.yml':
        'project: acme/mall\nhosts:\n  dev: ["*.mall.dev.example.com", "a.mall.dev.example.com"]\n  staging: [mall.staging.example.com]\n',
      'tenants/shop.yml':
        'project: acme/shop\nhosts:\n  dev: [shop.dev.example.com, b.a.mall.dev.example.com, "*.c.mall.dev.example.com"]\n  staging: ["*.staging.example.com"]\n',
    });
    expect(faults).toEqual([
      'tenants/mall.yml: hosts.staging.0: "mall.staging.example.com" lies in *.staging.example.com, which tenants/shop.yml has: must be no other tenant\'s',
      'tenants/shop.yml: hosts.dev.1: "b.a.mall.dev.example.com" lies in *.mall.dev.example.com, which tenants/mall.yml has: must be no other tenant\'s',
      'tenants/shop.yml: hosts.dev.2: "*.c.mall.dev.example.com" lies in *.mall.dev.example.com, which tenants/mall.yml has: must be no other tenant\'s',
    ]);
  });
  test('no tenant has the name that the roles of another one with two projects have', async () => {
    const { faults } = await check({
      'platform.yml': platform,
      'tenants/shop.yml':
        'projects: {infrastructure: acme/machine, software: acme/shop}\nhosts:\n  dev: [shop.dev.example.com]\n',
      'tenants/shop-software.yml': 'project: acme/other\nhosts:\n  dev: [other.dev.example.com]\n',
    });
    expect(faults).toEqual([
      'tenants/shop.yml: projects.software: its role would have the name of one of tenants/shop-software.yml: give one of the two tenants another name',
    ]);
  });
  test("hosts lie in their environment's domain, environments in platform.yml", async () => {
    const { faults } = await check({
      'platform.yml': platform,
      'tenants/shop.yml':
        'project: acme/shop\nhosts:\n  dev: [shop.example.com, evildev.example.com]\n  staging: [shop.staging.example.com]\n',
    });
    expect(faults).toEqual([
      'tenants/shop.yml: hosts.dev.0: "shop.example.com" is wrong: must lie in dev.example.com, the domain of dev',
      'tenants/shop.yml: hosts.dev.1: "evildev.example.com" is wrong: must lie in dev.example.com, the domain of dev',
      'tenants/shop.yml: hosts.staging.0: "shop.staging.example.com" is wrong: platform.yml has no environment staging',
    ]);
  });
});

test("faults between the files' keys are listed with the rest, even of a platform.yml that is faulty itself", async () => {
  const second = environment('dev.example.com').replace('10.10.0.0', '10.10.3.0');
  const { faults } = await check({
    'platform.yml': `${platform}  staging:\n${second}\n    load_balancers: 2\n  prod: {}\ncolor: red\n`,
    'tenants/shop.yml': 'project: acme/shop\nload_balancer: 2\nhosts:\n  dev: [shop.example.com]\n',
  });
  expect(faults).toEqual([
    'platform.yml: environments.staging.cidr: "10.10.3.0/16" is wrong: must be on its boundary: 10.10.0.0/16',
    expect.stringMatching(/^platform\.yml: environments.prod: unknown key/),
    expect.stringMatching(/^platform\.yml: color: unknown key/),
    'platform.yml: environments.staging.cidr: "10.10.3.0/16" is wrong: must be a network that shares no address with that of dev, 10.10.0.0/16',
    'platform.yml: environments.staging.domain: "dev.example.com" is wrong: must be a domain of its own, or one below it: it is that of dev',
    'tenants/shop.yml: hosts.dev.0: "shop.example.com" is wrong: must lie in dev.example.com, the domain of dev',
    'tenants/shop.yml: load_balancer: 2 is wrong: must be at most 1, the load_balancers of dev in platform.yml',
  ]);
});

test('the examples have no fault', async () => {
  for (const example of ['platform', 'shop']) {
    const runtime = recorder();
    await checkRepository(runtime, { directory: join(import.meta.dirname, '../../../examples', example) });
    expect(JSON.parse(runtime.printed())).toMatchObject({ warnings: 0 });
  }
});
