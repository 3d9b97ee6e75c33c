import { define } from '../../command.ts';
import { instanceFrom, placeFrom, reasonFrom, withDryRun, withPlace, withReason } from '../options.ts';

export const command = define({
  usage: 'host replace',
  describe:
    'Replace instances of a virtual host by new ones with the same image and the revision that was deployed last',
  examples: [
    ['vendhost host replace --tenant shop --environment dev --instance i-0abc…', 'one whose CodeDeploy agent is dead'],
    ['vendhost host replace --tenant shop --environment dev', 'all, each when a new one is healthy'],
    ['vendhost host replace --tenant shop --environment dev --dry-run', 'show which instances there are'],
  ],
  options: (parser) =>
    withReason(withDryRun(withPlace(parser))).option('instance', {
      type: 'string',
      requiresArg: true,
      describe: 'Id of the instance [default: $VENDHOST_INSTANCE, else all of the host]',
    }),
  async run(args, runtime) {
    const { replaceInstances } = await import('../../host/instances/replace.ts');
    return await replaceInstances(runtime, {
      ...placeFrom(args, runtime),
      instance: instanceFrom(args, runtime),
      reason: reasonFrom(args, runtime),
      dryRun: args['dry-run'],
    });
  },
});
