import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { environmentFrom, placeFrom, withDirectory, withPlace } from '../options.ts';

export const command = define({
  usage: 'mr plan',
  describe: 'Show what the push after a merge would do; exit code 1 when it would fail',
  examples: [
    ['vendhost mr plan --tenant shop --environment dev', 'plan this checkout of a tenant; changes nothing'],
    [
      'vendhost mr plan --environment dev --save plans/dev.json',
      "in the platform's repository: plan an environment for the note of all",
    ],
  ],
  options: (parser) => {
    const file = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
    return withDirectory(withPlace(parser), "a tenant's files, or platform.yml")
      .option('report', file("Write GitLab's Terraform report to this file"))
      .option('code-quality', file("Write GitLab's code quality report to this file"))
      .option('junit', file("Write GitLab's unit test report to this file: what the push would fail on"))
      .option('page', file('Write the plan to this file as an HTML page'))
      .option('save', file('Write the plan to this file as JSON, for: vendhost mr note'));
  },
  async run(args, runtime) {
    const { planMergeRequest } = await import('../../merge-request/plan-merge-request.ts');
    const { isPlatformRepository } = await import('../../repository/show.ts');
    const directory = resolve(runtime.cwd, args.directory);
    const { tenant, environment } = (await isPlatformRepository(directory))
      ? { tenant: undefined, environment: environmentFrom(args.environment, runtime) }
      : placeFrom(args, runtime);
    return await planMergeRequest(runtime, {
      ...{ tenant, environment, directory },
      report: args.report,
      codeQuality: args['code-quality'],
      junit: args.junit,
      page: args.page,
      save: args.save,
    });
  },
});
