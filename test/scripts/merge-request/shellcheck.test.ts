import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositorySection } from '../../../scripts/merge-request/tenant/repository-section.ts';
import { shellcheckFindings } from '../../../scripts/merge-request/tenant/shellcheck.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository, script, soundTenant, type Tree } from '../../builders/repository.ts';

/** A program that is called as ShellCheck is, and gives the answer of its version 0.11.0. */
async function answering(comments: readonly object[], tree: Tree, lines: readonly string[] = []) {
  const json = JSON.stringify({ comments }).replaceAll("'", "'\\''");
  const program = `#!/bin/bash\n${lines.join('\n')}\nprintf '%s' '${json}'\nexit ${comments.length === 0 ? 0 : 1}\n`;
  const directory = await repository({ ...tree, 'bin/shellcheck.sh': program, 'bin/shellcheck': '-> shellcheck.sh' });
  const runtime = recorder({ PATH: `${join(directory, 'bin')}:${process.env.PATH}` }, { cwd: directory });
  return { directory, runtime };
}

function comment(file: string, code: number, message: string, level = 'error') {
  return { file, line: 2, endLine: 2, column: 1, endColumn: 1, level, code, message, fix: null };
}

test('only what bash itself cannot read is a fault', async () => {
  const tree = {
    'broken.sh': '#!/bin/bash\nif true; then\n',
    'test.sh': '#!/bin/bash\n[ 1 -eq 1]\n',
    'python.sh': '#!/usr/bin/env python3\nprint("x")\n',
    'plain.sh': '#!/bin/bash\necho $HOME\n',
  };
  const comments = [
    comment('broken.sh', 1073, "Couldn't parse this then clause. Fix to allow more checks."),
    comment('test.sh', 1020, 'You need a space before the ].'),
    comment('python.sh', 1071, "ShellCheck only supports sh/bash/dash/ksh/'busybox sh' scripts. Sorry!"),
    comment('plain.sh', 2086, 'Double quote to prevent globbing and word splitting.', 'info'),
  ];
  const { directory, runtime } = await answering(comments, tree);
  const findings = await shellcheckFindings(runtime, 'x', directory, Object.keys(tree));
  expect(findings.map(({ gravity, at }) => [at?.file, gravity])).toEqual([
    ['broken.sh', 'fault'],
    ['test.sh', 'change'],
    ['python.sh', 'change'],
    ['plain.sh', 'change'],
  ]);
  expect(findings[0]).toMatchObject({
    id: 'x/shellcheck/broken.sh/SC1073/1',
    title: "ShellCheck SC1073 (error): Couldn't parse this then clause. Fix to allow more checks",
    at: { line: 2 },
  });
});

test('a script that sources /dev/stdin does not make ShellCheck wait for input', async () => {
  const { directory, runtime } = await answering([], { 'a.sh': script }, ['read -r -t 5', '(( $? < 128 )) || exit 9']);
  expect(await shellcheckFindings(runtime, 'x', directory, ['a.sh'])).toEqual([]);
});

test('what ShellCheck could not do is said, with how to run it', async () => {
  const { directory, runtime } = await answering([], { 'a.sh': script }, ['exit 2']);
  expect(await shellcheckFindings(runtime, 'x', directory, ['a.sh'])).toMatchObject([
    {
      gravity: 'unknown',
      title: 'the scripts were not checked by ShellCheck: shellcheck ended with 2',
      next: expect.stringMatching(/^run it on your machine: shellcheck --external-sources /),
    },
  ]);
});

test('the scripts of the software are checked where vendhost.yml has it', async () => {
  const { 'software/appspec.yml': appspec = '', 'infrastructure/install.sh': install = '' } = soundTenant;
  const tree = {
    'infrastructure/install.sh': install,
    'app/appspec.yml': appspec,
    'app/hooks/after.sh': script,
    'vendhost.yml': 'revision: { directory: app }\n',
  };
  const { directory, runtime } = await answering([], tree, ['printf "%s\\n" "$@" > asked']);
  await repositorySection(runtime, 'checks', directory);
  expect((await readFile(join(directory, 'asked'), 'utf8')).trim().split('\n').slice(-2)).toEqual([
    'app/hooks/after.sh',
    'infrastructure/install.sh',
  ]);
});

test('no script out of the repository is looked at', async () => {
  const tree = {
    'infrastructure/install.sh': script,
    'vendhost.yml': 'revision: { directory: ../.. }\n',
    scripts: '-> ..',
  };
  const { directory, runtime } = await answering([], tree, ['printf "%s\\n" "$@" > asked']);
  await repositorySection(runtime, 'checks', directory);
  const asked = (await readFile(join(directory, 'asked'), 'utf8')).trim().split('\n');
  expect(asked.slice(asked.indexOf('--') + 1)).toEqual(['infrastructure/install.sh']);
});

test.each(['', 'ShellCheck', '{"comments": [', '[]', 'null', '{"comments": {}}'])(
  'a shellcheck that answers %j has checked nothing',
  async (answer) => {
    const program = `#!/bin/bash\nprintf '%s' '${answer}'\n`;
    const tree = { 'a.sh': '#!/bin/bash\n', 'bin/shellcheck.sh': program, 'bin/shellcheck': '-> shellcheck.sh' };
    const directory = await repository(tree);
    const runtime = recorder({ PATH: `${join(directory, 'bin')}:${process.env.PATH}` }, { cwd: directory });
    expect(await shellcheckFindings(runtime, 'x', directory, ['a.sh'])).toMatchObject([
      {
        gravity: 'unknown',
        title: 'the scripts were not checked by ShellCheck: shellcheck answered with something else than JSON',
      },
    ]);
  },
);
