import { resolve } from 'node:path';
import { pipelineEvents } from '../../ci/pipeline-event.ts';
import { define } from '../../command.ts';
import { withDirectory } from '../options.ts';

export const command = define({
  usage: 'ci explain',
  describe: 'Show which jobs a pipeline of .gitlab-ci.yml has, and the rule that decides on each',
  examples: [
    ['vendhost ci explain --branch dev', 'a push to dev'],
    ['vendhost ci explain --event merge_request --branch feature/cart --target dev', 'a merge request'],
    ['vendhost ci explain --branch dev --changed software/index.html', 'a push that changes this file only'],
  ],
  options: (parser) =>
    withDirectory(parser, '.gitlab-ci.yml')
      .option('event', { choices: pipelineEvents, default: 'push' as const, describe: 'What starts the pipeline' })
      .option('branch', {
        type: 'string',
        requiresArg: true,
        describe: 'Branch, or source of the merge request, or tag [default: what is checked out]',
      })
      .option('target', {
        type: 'string',
        requiresArg: true,
        describe: 'Branch the merge request is to be merged into',
      })
      .option('changed', {
        type: 'array',
        string: true,
        describe: 'Files that the push or merge request changes; without it every file counts as changed',
      })
      .option('open-merge-request', {
        type: 'boolean',
        default: false,
        describe: 'A merge request from the branch is open',
      })
      .option('default-branch', { type: 'string', requiresArg: true, describe: "The project's default branch" }),
  async run(args, runtime) {
    const { explainPipeline } = await import('../../ci/explain.ts');
    return await explainPipeline(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      event: args.event,
      branch: args.branch,
      target: args.target,
      changed: args.changed,
      openMergeRequest: args['open-merge-request'],
      defaultBranch: args['default-branch'],
    });
  },
});
