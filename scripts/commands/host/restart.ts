import { define } from '../../command.ts';
import { placeFrom, reasonFrom, withDryRun, withPlace, withReason } from '../options.ts';

export const command = define({
  usage: 'host restart',
  describe: 'Restart the software of a virtual host, one instance after the other, each until it is healthy',
  examples: [
    [
      'vendhost host restart --tenant shop --environment dev --reason leak',
      'stop and start by the hooks of the revision',
    ],
    ['vendhost host restart --tenant shop --environment production --dry-run', 'show how, and on which instances'],
  ],
  options: (parser) => withReason(withDryRun(withPlace(parser))),
  async run(args, runtime) {
    const { restartHost } = await import('../../repair/restart.ts');
    return await restartHost(runtime, {
      ...placeFrom(args, runtime),
      reason: reasonFrom(args, runtime),
      dryRun: args['dry-run'],
    });
  },
});
