import { expect, test } from 'vitest';
import { parseAppSpec } from '../../../../scripts/repository/appspec/parse.ts';
import { shownFinding } from '../../../../scripts/repository/findings.ts';
import { below, findings } from './findings.ts';

const hook = ['hooks:', '  AfterInstall:', '    - location: a.sh'];

test.each<[string, string[], string[]]>([
  [
    'timeout deeper than location',
    [...hook, '        timeout: 5', '        runas: root'],
    ['fault 6: timeout is indented deeper than location in line 5: align them'],
  ],
  [
    'a key deeper than the text above it',
    ['note: x', '  files: []'],
    ['fault 4: files is indented deeper than note in line 3: align them'],
  ],
  [
    'timeout between two columns',
    [...hook, '     timeout: 5'],
    [expect.stringMatching(/^fault [56]: is indented wrongly/) as unknown as string],
  ],
  ['an open quote', ['note: "a'], ['fault 3: has a " that is not closed']],
  ['a text with @', ['note: @a'], ['fault 3: "@a" must be in quotes']],
  [
    'a Windows path',
    ['note: "c:\\s"'],
    ['fault 3: has a backslash in double quotes that means nothing: use single quotes'],
  ],
  [
    'a pattern without quotes',
    ['permissions:', '  - object: /srv', '    mode: 644', '    pattern: *.sh'],
    ['fault 6: *.sh is an alias to the agent: quote it, or write it out'],
  ],
  [
    'a date',
    ['note: 2020-01-01'],
    ['fault 3: 2020-01-01 is a date to the agent, which refuses it: write it in quotes'],
  ],
  ['a tag', ['note: !Ref x'], ['fault 3: has a tag (!…), which AppSpec has not: quote a text that begins with !']],
  [
    'a number as a source',
    ['files:', '  - {source: 123, destination: /srv}', 'file_exists_behavior: RETAIN'],
    ['fault 4: files.0.source: 123 is not a text to the agent: write "123" in quotes'],
  ],
  ['hooks in capitals', ['Hooks:', '  AfterInstall: []'], ['fault 3: Hooks: is not read: write hooks']],
  [
    'an event at the top behind a sign',
    ['\\   AfterInstall:', '  - location: a.sh'],
    ['fault 3: \\   AfterInstall: its scripts never run: write AfterInstall, below hooks'],
  ],
  [
    'a blank script',
    ['hooks:', '  AfterInstall:', '    -'],
    ['fault 5: hooks.AfterInstall.0: is blank: must be a mapping with location, like `- location: scripts/start.sh`'],
  ],
  [
    'a script with a space',
    ['hooks:', '  AfterInstall:', '    - {location: my start.sh, timeout: 5}'],
    [
      'fault 5: hooks.AfterInstall.0.location: "my start.sh" has a space: a script gets no arguments, and its name has no space: the agent runs it as a command line',
    ],
  ],
  [
    'a script with a backslash',
    ['hooks:', '  AfterInstall:', '    - {location: hooks\\a.sh, timeout: 5}'],
    ['fault 5: hooks.AfterInstall.0.location: "hooks\\\\a.sh" has \\: folders are separated by /'],
  ],
])('%s', (_name, lines, expected) => {
  expect(below(...lines).filter((finding) => !finding.includes(': note: is ignored'))).toEqual(expected);
});

test.each<[string, string[], string]>([
  [
    'a page of HTML',
    ['<!DOCTYPE html>', '<html><body class="x">', '  <p>Not: found</p>', '</body></html>'],
    'not an AppSpec|not YAML|indented',
  ],
  ['prose', ['This is: a text', 'of several lines', 'and: more: of it', '- and so on'], 'not YAML|indented|missing'],
])('%s has one fault', (_name, lines, expected) => {
  const found = findings(...lines);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(new RegExp(expected));
});

test('an AppSpec for ECS or Lambda is called that, and nothing else', () => {
  expect(findings('version: 0.0', 'Resources:', '  - TargetService: {}', 'Hooks:', '  - BeforeInstall: f')).toEqual([
    'fault 2: Resources: this is an AppSpec for ECS or Lambda: one for virtual hosts has os, files and hooks instead',
  ]);
});

test.each<[string, Buffer, string]>([
  ['UTF-16', Buffer.from('\uFEFFversion: 0.0\n', 'utf16le'), 'a: is UTF-16: save it as UTF-8, without BOM'],
  ['UTF-16 without a mark', Buffer.from('version: 0.0\n', 'utf16le'), 'a: is UTF-16: save it as UTF-8, without BOM'],
  [
    'Latin-1',
    Buffer.from('version: 0.0\nos: linux # d\xe9j\xe0\n', 'latin1'),
    'a:2: is not UTF-8: save it as UTF-8, without BOM',
  ],
  [
    'a control character',
    Buffer.from('version: 0.0\n# \u0007\n'),
    'a:2: has the character U+0007, which no AppSpec may have: remove it',
  ],
  [
    'a line separator',
    Buffer.from('version: 0.0\n# \u2028\n'),
    'a:2: has the character U+2028, a line end to the agent: remove it',
  ],
])('%s', (_name, bytes, expected) => {
  expect(parseAppSpec('a', bytes).findings.map(shownFinding)).toEqual([expected]);
});

test('blank means the same wherever it stands', () => {
  const lines = ['files:', 'hooks:', 'permissions:', 'file_exists_behavior:'];
  expect(below(...lines)).toEqual([
    'warning 6: file_exists_behavior: is blank: write a value, or leave the key out',
    'warning 3: files: nothing is copied: leave the key out, or list source and destination',
    'warning 5: permissions: nothing is set: leave the key out, or list objects',
    'warning 4: hooks: no script runs: leave the key out, or name events',
  ]);
});
