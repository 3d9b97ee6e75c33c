import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { pythonWith } from '../local-cloud/python.ts';

/** `npm run shell`: ShellCheck for every script, hadolint for the Dockerfile. */
const python = await pythonWith('requirements-dev.txt', (line) => process.stderr.write(`${line}\n`));
const tool = (name: string) => join(dirname(python), name);
const root = join(import.meta.dirname, '../..');
const { stdout: scripts } = await execa('git', ['ls-files', '*.sh', '.ci/run'], { cwd: root });
for (const [file, args] of [
  [tool('shellcheck'), scripts.split('\n')],
  [tool('hadolint'), ['docker/Dockerfile']],
] as const) {
  const { exitCode, shortMessage } = await execa(file, args, { cwd: root, stdio: 'inherit', reject: false });
  // Without an exit code it did not even start.
  if (exitCode === undefined) throw new Error(shortMessage);
  if (exitCode !== 0) process.exitCode = 1;
}
