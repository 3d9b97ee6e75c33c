import { execa } from 'execa';
import { pythonDirectory, pythonWith } from './python.ts';

/** `npm run python`: format, lint and types of the local cloud's Python; `--fix` fixes what can be fixed automatically. */
const fix = process.argv.includes('--fix');
const tools = [
  ['ruff', 'format', ...(fix ? [] : ['--check']), '.'],
  ['ruff', 'check', ...(fix ? ['--fix'] : []), '.'],
  ['mypy'],
];

const python = await pythonWith('requirements-dev.txt', (line) => process.stderr.write(`${line}\n`));
for (const tool of tools) {
  const { failed } = await execa(python, ['-m', ...tool], { cwd: pythonDirectory, stdio: 'inherit', reject: false });
  if (failed) process.exitCode = 1;
}
