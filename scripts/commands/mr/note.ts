import { define } from '../../command.ts';

export const command = define({
  usage: 'mr note <plans..>',
  describe: 'Put the plans of several environments into one note of the merge request',
  examples: [
    ['vendhost mr note vendhost-plan-dev.json vendhost-plan-staging.json', 'one note, edited when it is there already'],
  ],
  options: (parser) =>
    parser
      .positional('plans', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Files that `vendhost mr plan --save` wrote',
      })
      .option('page', { type: 'string', requiresArg: true, describe: 'Write the plan to this file as an HTML page' }),
  async run(args, runtime) {
    const { noteMergeRequest } = await import('../../merge-request/note-merge-request.ts');
    return await noteMergeRequest(runtime, {
      plans: args.plans,
      title: 'Plan of the platform',
      key: 'mr-plan/platform',
      page: args.page,
    });
  },
});
