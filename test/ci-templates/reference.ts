import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Input } from '../../scripts/ci/template-inputs.ts';
import { projectRoot } from '../local-gitlab/platform.ts';
import { jobTables } from './job-tables.ts';
import { type Template, templates } from './templates.ts';

export const page = join(projectRoot, 'docs/templates.md');

/** The page with its generated parts: the jobs as `vendhost ci explain` has them, the inputs as `spec:inputs` has them. */
export async function withReference(text: string): Promise<string> {
  const jobs = put(text, 'jobs', await jobTables());
  return put(jobs, 'inputs', templates.map(section).join('\n'));
}

function put(text: string, part: string, content: string): string {
  const begin = `<!-- ${part}: written by \`node test/ci-templates/reference.ts\` -->`;
  const [before, rest] = halves(text, begin);
  const [, after] = halves(rest, `<!-- /${part} -->`);
  return `${before}${begin}\n\n${content}\n<!-- /${part} -->${after}`;
}

function halves(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`docs/templates.md has no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function section({ file, text, spec }: Template): string {
  const inputs = Object.entries(spec.inputs);
  const sorted = [...inputs.filter(isRequired), ...inputs.filter((input) => !isRequired(input))];
  const rows = sorted.map(([name, input]) => {
    const cells = [`\`${name}\``, input.type ?? '', isRequired([name, input]) ? '**required**' : shown(input.default)];
    return `| ${[...cells, cell(input.description ?? '')].join(' | ')} |\n`;
  });
  return `### \`${file}\`\n\n${purpose(text)}\n\n| input | type | default | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

/** The first paragraph of the comment that a file starts with. */
function purpose(text: string): string {
  return `${/^# (.*)/.exec(text)?.[1] ?? ''}`;
}

const isRequired = ([, input]: [string, Input]) => input.default === undefined;

function shown(value: unknown): string {
  if (value === '') return 'empty';
  return `\`${cell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

const cell = (text: string) => text.replaceAll('|', '\\|');

/** `node test/ci-templates/reference.ts` writes the page. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(page, await withReference(await readFile(page, 'utf8')));
}
