import { define } from '../../command.ts';
import { environmentsIn } from '../options.ts';

export const command = define({
  usage: 'mr note',
  describe: 'Put the plans of several environments into one note of the merge request',
  examples: [
    [
      'vendhost mr note --plans plans --environments "dev staging"',
      'one note for the plans in this folder; an existing note is edited',
    ],
  ],
  options: (parser) => {
    const file = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
    return parser
      .option('plans', {
        type: 'string',
        requiresArg: true,
        default: 'plans',
        describe: 'Folder with the files that `vendhost mr plan --save` wrote',
      })
      .option('environments', {
        type: 'string',
        requiresArg: true,
        describe:
          'Environments that have a plan, separated by spaces; one whose file is missing is not known [default: $VENDHOST_ENVIRONMENTS]',
      })
      .option('code-quality', file("Write GitLab's code quality report to this file"))
      .option('junit', file("Write GitLab's unit test report to this file: what a push would fail on"))
      .option('page', file('Write the plan to this file as an HTML page'));
  },
  async run(args, runtime) {
    const { noteMergeRequest } = await import('../../merge-request/note-merge-request.ts');
    return await noteMergeRequest(runtime, {
      plans: args.plans,
      environments: environmentsIn(args.environments ?? runtime.env.VENDHOST_ENVIRONMENTS ?? ''),
      title: 'Plan of the platform',
      key: 'mr-plan/platform',
      codeQuality: args['code-quality'],
      junit: args.junit,
      page: args.page,
    });
  },
});
