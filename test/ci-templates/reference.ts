import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../local-gitlab/platform.ts';
import { type Input, pipelines, runnerFile, type Template, template } from './templates.ts';

export const page = join(projectRoot, 'docs/templates.md');
const begin = '<!-- inputs: written by `node test/ci-templates/reference.ts` -->';
const end = '<!-- /inputs -->';

/** The page with its reference of inputs generated from the files' `spec:inputs`. */
export function withReference(text: string): string {
  const [before, rest] = halves(text, begin);
  const [, after] = halves(rest, end);
  const files = new Set([...pipelines.flatMap(({ file, base, jobFiles }) => [file, base, ...jobFiles]), runnerFile]);
  return `${before}${begin}\n\n${[...files].map((file) => section(template(file))).join('\n')}\n${end}${after}`;
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

/** The first paragraph's first sentence of the comment that a file starts with. */
function purpose(text: string): string {
  const comment = /^(# .*\n)+/.exec(text)?.[0] ?? '';
  return /^.*?\.(?= |$)/.exec(comment.replaceAll(/^# /gm, '').replaceAll('\n', ' '))?.[0] ?? '';
}

const isRequired = ([, input]: [string, Input]) => input.default === undefined;

function shown(value: unknown): string {
  if (value === '') return 'empty';
  return `\`${cell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

const cell = (text: string) => text.replaceAll('|', '\\|');

/** `node test/ci-templates/reference.ts` writes the page. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(page, withReference(await readFile(page, 'utf8')));
}
