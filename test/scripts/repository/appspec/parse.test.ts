import { describe, expect, test } from 'vitest';
import { parseAppSpec } from '../../../../scripts/repository/appspec/parse.ts';
import { below, findings, top } from './findings.ts';

const known = 'known are version, os, files, permissions, hooks, file_exists_behavior';

describe('the file', () => {
  test('version and os alone are accepted', () => {
    expect(findings('version: 0.0', 'os: linux', '')).toEqual([]);
  });
  test('windows line ends, other indentation and JSON are accepted', () => {
    expect(
      findings(
        'version: 0.0\r',
        'os: linux\r',
        'hooks:\r',
        '   AfterInstall:\r',
        '       - location: a.sh\r',
        '         timeout: 5\r',
      ),
    ).toEqual([]);
    expect(findings('{"version": 0.0, "os": "linux"}')).toEqual([]);
  });
  test.each([
    ['an empty file', [''], ['fault is empty: must hold version: 0.0 and os: linux']],
    ['a comment only', ['# nothing'], ['fault is empty: must hold version: 0.0 and os: linux']],
    [
      'a list',
      ['- version'],
      ['fault 1: is a list, not an AppSpec: must be a mapping with version, os, files and hooks'],
    ],
    ['a tab', [...top, 'hooks:', '\tAfterInstall:'], ['fault 4: is indented with a tab: use spaces']],
    [
      'a byte order mark',
      ['\uFEFFversion: 0.0', 'os: linux'],
      ['fault begins with a byte order mark: save it as UTF-8 without BOM'],
    ],
    ['a second document', [...top, '---', 'os: windows'], ['warning 3: what follows the second --- is ignored']],
  ])('%s', (_name, lines, expected) => {
    expect(findings(...lines)).toEqual(expected);
  });
  test('a star without quotes is an alias to YAML', () => {
    expect(below('permissions:', '  - object: /srv', '    pattern: *')).toEqual([
      'fault 5: * must be in quotes: write "*"',
    ]);
    expect(below('permissions:', '  - object: /srv', '    mode: 644', '    pattern: **')).toEqual([
      'fault 6: ** is an alias to the agent: quote it, or write it out',
    ]);
  });
  test('aliases are refused, since the agent refuses them; an anchor alone does no harm', () => {
    expect(below('hooks:', '  AfterInstall: &a', '    - {location: a.sh, timeout: 5}', '  BeforeInstall: *a')).toEqual([
      'fault 6: *a is an alias to the agent: quote it, or write it out',
    ]);
  });
});

describe('top keys', () => {
  test.each([['1.0'], ['"0.0"'], ['0'], ['0.00'], ['v0']])('version %s is a fault', (version) => {
    expect(findings(`version: ${version}`, 'os: linux')).toEqual([
      `fault 1: version: ${version} is wrong: must be 0.0, without quotes`,
    ]);
  });
  test('version and os are required', () => {
    expect(findings('hooks: {}')).toEqual([
      'fault version: missing: must be 0.0, without quotes',
      'fault os: missing: must be linux',
    ]);
  });
  test('os is lower case; quotes do no harm', () => {
    expect(findings('version: 0.0', "os: 'linux'")).toEqual([]);
    expect(findings('version: 0.0', 'os: Linux')).toEqual(['fault 2: os: Linux is wrong: must be linux']);
    expect(findings('version: 0.0', 'os:')).toEqual(['fault 2: os: is blank: must be linux']);
  });
  test('an unknown key is ignored by the agent: a warning', () => {
    expect(below('note: []')).toEqual([`warning 3: note: is ignored: ${known}`]);
  });
  test('an event beside hooks, or a singular, is a fault', () => {
    expect(below('hooks:', 'AfterInstall:', '  - location: a.sh')).toEqual([
      'fault 4: AfterInstall: its scripts never run: indent it below hooks',
    ]);
    expect(below('file: []', 'hook: {}', 'permission: []')).toEqual([
      'fault 3: file: is not read: write files',
      'fault 4: hook: is not read: write hooks',
      'fault 5: permission: is not read: write permissions',
    ]);
  });
  test('a key written twice: the agent takes the last', () => {
    expect(below('os: windows', 'os: linux')).toEqual([
      'warning 3: os: written twice: only the last is read',
      'warning 4: os: written twice: only the last is read',
    ]);
  });
  test('file_exists_behavior', () => {
    expect(below('file_exists_behavior: RETAIN')).toEqual([]);
    expect(below('file_exists_behavior: retain')).toEqual([
      'fault 3: file_exists_behavior: retain is wrong: must be one of DISALLOW, OVERWRITE, RETAIN',
    ]);
  });
});

describe('files', () => {
  const spec = (...lines: string[]) => parseAppSpec('a', Buffer.from([...top, ...lines].join('\n'))).spec;

  test('are read as they are written', () => {
    const read = spec(
      'files:',
      '  - source: /',
      '    destination: /srv',
      '  - {source: "\\\\app\\\\x", destination: /srv/x}',
      '  - {source: ./lib/, destination: /lib}',
    );
    expect(read?.files.map(({ source, destination }) => [source, destination])).toEqual([
      ['/', '/srv'],
      ['\\app\\x', '/srv/x'],
      ['./lib/', '/lib'],
    ]);
  });
  test.each([
    [
      'a mapping',
      ['files:', '  source: /', '  destination: /x'],
      ['fault 3: files: a mapping is wrong: must be a list of source and destination'],
    ],
    ['blank', ['files:'], ['warning 3: files: nothing is copied: leave the key out, or list source and destination']],
    [
      'no source',
      ['files:', '  - destination: /x'],
      ['fault 4: files.0: source is missing: must be a path in the revision, or / for all of it'],
    ],
    [
      'no destination',
      ['files:', '  - source: x'],
      ['fault 4: files.0: destination is missing: must be a full path, like /srv/shop'],
    ],
    [
      'a blank source',
      ['files:', '  - source:', '    destination: /x'],
      ['fault 4: files.0.source: is blank: must be a path in the revision, or / for all of it'],
    ],
    [
      'a relative destination',
      ['files:', '  - {source: x, destination: srv}'],
      ['fault 4: files.0.destination: srv is wrong: must be a full path, like /srv/shop'],
    ],
    [
      'a Windows destination',
      ['files:', '  - {source: x, destination: "c:\\\\x"}'],
      ['fault 4: files.0.destination: "c:\\\\x" is wrong: must be a full path, like /srv/shop'],
    ],
    [
      'a wildcard',
      ['files:', '  - {source: "*.php", destination: /x}'],
      ['warning 4: files.0.source: "*.php": there are no wildcards here, it is taken as a name'],
    ],
    [
      'another key',
      ['files:', '  - {source: x, destination: /x, mode: 1}'],
      ['warning 4: files.0.mode: is ignored: known are source, destination'],
    ],
    [
      'overwrite',
      ['files:', '  - {source: x, destination: /x, overwrite: true}'],
      ['warning 4: files.0.overwrite: is ignored: write file_exists_behavior at the top of the file'],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(below(...lines, 'file_exists_behavior: OVERWRITE')).toEqual(expected);
  });
  test('without file_exists_behavior are warned of once', () => {
    expect(below('files:', '  - {source: x, destination: /x}', '  - {source: y, destination: /y}')).toEqual([
      'warning 3: files: without file_exists_behavior, Install fails where a file is that the last deployment did not put there: write OVERWRITE, RETAIN or DISALLOW',
    ]);
  });
  test('on windows a destination has a drive', () => {
    expect(findings('version: 0.0', 'os: windows', 'files:', '  - {source: x, destination: "c:\\\\x"}')).toEqual([]);
    expect(findings('version: 0.0', 'os: windows', 'files:', '  - {source: x, destination: /x}')).toEqual([
      'fault 4: files.0.destination: /x is wrong: must be a full Windows path, like c:\\shop',
    ]);
  });
});

describe('permissions', () => {
  const nothing = 'warning 4: permissions.0: nothing is set: write owner, group, mode, acls or context';
  const entry = (...lines: string[]) =>
    below('permissions:', '  - object: /srv', ...lines.map((line) => `    ${line}`));
  const octal = 'must be 1 to 4 octal digits, quoted when the first is 0, like "0644"';
  const acl = 'must be [default:][user|group|mask|other:]name:permissions, like u:www-data:rw';

  test.each([
    ['mode: 644', []],
    ['mode: "0644"', []],
    ['mode: 4755', []],
    ['mode: 0644', ['fault 5: permissions.0.mode: 0644 is wrong: must be "0644" in quotes, or 644']],
    ['mode: 0755', ['fault 5: permissions.0.mode: 0755 is wrong: must be "0755" in quotes, or 755']],
    ['mode: u+x', [`fault 5: permissions.0.mode: u+x is wrong: ${octal}`]],
    ['mode: 888', [`fault 5: permissions.0.mode: 888 is wrong: ${octal}`]],
    ['mode: 10000', [`fault 5: permissions.0.mode: 10000 is wrong: ${octal}`]],
    ['except: ["a", "b"]', [nothing]],
    ['except: a', [nothing, 'fault 5: permissions.0.except: a is wrong: must be a list of patterns']],
    ['type: [file, directory]', [nothing]],
    ['type: file', [nothing, 'fault 5: permissions.0.type: file is wrong: must be a list of file, directory or both']],
    ['type: [link]', [nothing, 'fault 5: permissions.0.type.0: link is wrong: must be file or directory']],
    ['acls: ["u:bob:rw", "d:u::rwx", "m::rw", "m:rw", "d:o:r", "bob:7", "default:g:web:r-x"]', []],
    [
      'acls: "u:bob:rw"',
      ['fault 5: permissions.0.acls: "u:bob:rw" is wrong: must be a list of entries like u:www-data:rw'],
    ],
    [
      'acls: ["u::rw"]',
      [`fault 5: permissions.0.acls.0: "u::rw" is wrong: an entry without a name is what mode sets: ${acl}`],
    ],
    ['acls: ["x:bob:rw"]', [`fault 5: permissions.0.acls.0: "x:bob:rw" is wrong: ${acl}`]],
    ['acls: ["rw"]', [`fault 5: permissions.0.acls.0: "rw" is wrong: ${acl}`]],
    ['acls: ["m:bob:rw"]', [`fault 5: permissions.0.acls.0: "m:bob:rw" is wrong: mask takes no name: ${acl}`]],
    [
      'acls: ["u:bob:rwz"]',
      [
        'fault 5: permissions.0.acls.0: "u:bob:rwz" is wrong: permissions must be letters of rwx or one digit of 0 to 7',
      ],
    ],
    ['context: {type: httpd_sys_content_t, range: "s0-s1:c1,c3.c5"}', []],
    [
      'context: {type: t, user: u, range: s0}',
      [
        'warning 5: permissions.0.context.user: has no effect: the agent reads the key name instead of the documented user',
      ],
    ],
    ['context: {range: s0}', ['fault 5: permissions.0.context: type is missing: must be an SELinux type']],
    [
      'context: {type: t}',
      ['fault 5: permissions.0.context: range is missing: must be an SELinux range, like s0 or s0-s1:c1,c3.c5'],
    ],
    [
      'context: {type: t, range: {low: s0}}',
      ['fault 5: permissions.0.context.range: a mapping is wrong: must be an SELinux range, like s0 or s0-s1:c1,c3.c5'],
    ],
    ['owner:', ['warning 5: permissions.0.owner: is blank: write a value, or leave the key out']],
    [
      'user: bob',
      [
        'warning 5: permissions.0.user: is ignored: known are object, pattern, except, owner, group, mode, acls, context, type',
      ],
    ],
  ])('%s', (line, expected) => {
    expect(entry(line)).toEqual(expected);
  });
  test('object is required', () => {
    expect(below('permissions:', '  - mode: 644')).toEqual([
      'fault 4: permissions.0: object is missing: must be a full path, like /srv/shop',
    ]);
  });
  test('exist on linux only', () => {
    expect(findings('version: 0.0', 'os: windows', 'permissions:', '  - object: c:\\x')).toEqual([
      'fault 3: permissions: permissions exist on linux only: the deployment fails on windows',
    ]);
  });
});
