import { join } from 'node:path';
import type { Mapping } from '../../scripts/ci/merged-jobs.ts';
import { type ExplainedPipeline, pipelineOf } from '../../scripts/ci/pipeline.ts';
import type { Happening } from '../../scripts/ci/pipeline-event.ts';
import { readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import { projectRoot } from '../local-gitlab/platform.ts';

const software = ['software/index.html'];
const rows: readonly (readonly [title: string, happening: Happening])[] = [
  ['push to `dev`', { event: 'push', branch: 'dev', changed: software }],
  [
    'the same, with a merge request from `dev` open',
    { event: 'push', branch: 'dev', changed: software, openMergeRequest: true },
  ],
  ['by hand, API or trigger, for `dev`', { event: 'web', branch: 'dev' }],
  ['push to another branch', { event: 'push', branch: 'feature/cart', changed: software }],
  [
    'the same, with a merge request open',
    { event: 'push', branch: 'feature/cart', changed: software, openMergeRequest: true },
  ],
  [
    'merge request from another branch',
    { event: 'merge_request', branch: 'feature/cart', target: 'dev', changed: software },
  ],
  ['merge request from a fork', { event: 'fork', branch: 'feature/cart', target: 'dev', changed: software }],
  [
    'merge request from `dev` to `staging`',
    { event: 'merge_request', branch: 'dev', target: 'staging', changed: software },
  ],
  ['merge train', { event: 'merge_train', branch: 'dev', target: 'staging', changed: software }],
  ['schedule, tag', { event: 'schedule', branch: 'dev' }],
];

/** Which jobs run for what, asked of `ci explain` for examples/shop; and what each of them is given and passes on. */
export async function jobTables(): Promise<string> {
  const { configuration } = await readPipelineFile(join(projectRoot, 'examples/shop'));
  const push = pipelineOf(configuration, { event: 'push', branch: 'dev' }, []);
  const names = push.jobs.map(({ name }) => name);
  const jobs = push.jobs.map(({ name, needs = [] }) => {
    const job = configuration[name] as Mapping;
    const [line = ''] = job.script as string[];
    const command = line.split(' ').slice(0, 3).join(' ');
    return [`\`${name}\``, `\`${command}\``, needs.map((need) => `\`${need}\``).join(', '), passedOn[name] ?? ''];
  });
  const runs = rows.map(([title, happening]) => [title, ...marks(pipelineOf(configuration, happening, []), names)]);
  return [
    table(['job', 'command', 'needs', 'passes on'], jobs),
    table(['', ...names.map((name) => `\`${name}\``)], runs),
    'A dash in a whole row: there is no such pipeline.\n',
  ].join('\n');
}

const passedOn: Readonly<Record<string, string>> = {
  bake: '`VENDHOST_IMAGE_ID`',
  package: '`VENDHOST_REVISION_KEY`',
  release: "`VENDHOST_URL`, the environment's URL",
};

function marks({ created, jobs }: ExplainedPipeline, names: readonly string[]): string[] {
  if (!created) return names.map(() => '–');
  return names.map((name) => (jobs.find((job) => job.name === name)?.runs ? 'runs' : ''));
}

function table(header: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(header)}|${header.map(() => '---|').join('')}\n${body.map(line).join('')}`;
}
