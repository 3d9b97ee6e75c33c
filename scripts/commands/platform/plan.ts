import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { choiceFrom, withDirectory, withEnvironments } from '../options.ts';

export const command = define({
  usage: 'platform plan',
  describe: 'Show what a deploy would change; exit code 2 when something would',
  examples: [
    ['vendhost platform plan --environment dev', 'compare dev with platform.yml; changes nothing'],
    ['vendhost platform plan --all --report tfplan.json', "also write GitLab's report for merge requests"],
    [
      'vendhost platform plan --environment dev --save dev.plan.json',
      'create change sets for: vendhost platform deploy --plan',
    ],
  ],
  options: (parser) =>
    withDirectory(withEnvironments(parser), 'platform.yml')
      .option('save', {
        type: 'string',
        requiresArg: true,
        describe: 'Create change sets and write the plan to this file; exit code 0 even when something would change',
      })
      .option('report', {
        type: 'string',
        requiresArg: true,
        describe: "Write GitLab's Terraform report to this file",
      }),
  async run(args, runtime) {
    const { planPlatform } = await import('../../platform/plan/plan-platform.ts');
    return await planPlatform(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: choiceFrom(args, runtime),
      save: args.save,
      report: args.report,
    });
  },
});
