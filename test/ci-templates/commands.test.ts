import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from '../../scripts/cli.ts';
import { projectRoot } from '../local-gitlab/platform.ts';
import { commandLines, type Written, wordsOf } from './command-lines.ts';
import { jobsOf, templates } from './templates.ts';

const patterns = [
  'ci-templates/**/*.yml',
  'docs/**/*.md',
  'examples/**/*',
  'examples/*/.gitlab-ci.yml',
  'README.md',
  'scripts/commands/**/*.ts',
];
const files = globSync(patterns, { cwd: projectRoot, withFileTypes: true, exclude: ({ name }) => name === 'software' })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => relative(projectRoot, join(parentPath, name)));

const written: Written[] = files
  .sort()
  .flatMap((file) => commandLines(file, withInputs(readFileSync(join(projectRoot, file), 'utf8'))));

/** The text of a template with the inputs of its scripts put in. */
function withInputs(text: string): string {
  const inputs = { directory: 'shop/', tenant: 'shop', environment: 'production' };
  return text.replaceAll(
    /"?\$\[\[ inputs\.(directory|tenant|environment) \]\]"?/g,
    (_, name: keyof typeof inputs) => inputs[name],
  );
}

/** Parses a line with the real parser; returns the command it names. */
async function chosenBy(line: string): Promise<string | undefined> {
  let name: string | undefined;
  await parse(
    wordsOf(line),
    async (command) => {
      name = command.usage;
    },
    () => undefined,
  );
  return name;
}

test('there is something to check', () => {
  expect(written.filter(({ file }) => file.startsWith('ci-templates/')).length).toBeGreaterThanOrEqual(5);
});

test.each(written.map((one) => [`${one.file}:${one.line}`, one.text, one.mention] as const))(
  '%s: %s',
  async (_, text, mention) => {
    const parsed = chosenBy(text).catch((error: unknown) => {
      // A sentence may name a command without its arguments.
      if (mention && /an argument is missing/i.test(String(error))) return 'mentioned';
      throw error;
    });
    expect(await parsed).toEqual(text.includes('--help') ? undefined : expect.any(String));
  },
);

describe('the parser', () => {
  test.each(['vendhost image backe', 'vendhost image bake --tenat shop', 'vendhost release start --revision'])(
    'refuses %s',
    async (line) => {
      await expect(chosenBy(line)).rejects.toThrow();
    },
  );
});

test('each job runs the command of its place', async () => {
  const jobs = templates.flatMap((template) => jobsOf(template)).filter(({ job }) => job.script !== undefined);
  const commands = jobs.map(async ({ name, job }) => [
    name.replace('.', ''),
    await chosenBy(withInputs(job.script?.[0] ?? '')),
  ]);
  expect(Object.fromEntries(await Promise.all(commands))).toEqual({
    'vendhost-validate': 'config check',
    'vendhost-restart': 'host restart',
    'vendhost-logs': 'host logs',
    'vendhost-replace': 'host replace',
    'vendhost-maintenance-on': 'host maintenance [wanted]',
    'vendhost-maintenance-off': 'host maintenance [wanted]',
    'vendhost-run': 'host run [command..]',
    'vendhost-rollback': 'release rollback',
    'vendhost-promote': 'release promote',
    'vendhost-promote-image': 'release promote',
    'vendhost-bake': 'image bake',
    'vendhost-provision': 'host provision',
    'vendhost-package': 'revision push',
    'vendhost-release': 'release start',
    'vendhost-plan': 'mr plan',
    'vendhost-note': 'mr note',
    'vendhost-prepare': 'platform plan',
    'vendhost-deploy': 'platform deploy',
    'vendhost-drift': 'drift check',
    'vendhost-rebake': 'image bake',
    'vendhost-rollout': 'host provision',
    'prune-images': 'image prune',
    'prune-revisions': 'revision prune',
    'vendhost-waiting': 'release waiting',
    'vendhost-vend': 'tenant vend [tenant]',
    'vendhost-approve': 'release approve',
    'vendhost-reject': 'release reject',
    'vendhost-fleet': 'platform fleet',
  });
});
