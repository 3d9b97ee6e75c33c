import { define } from '../../command.ts';
import { placeFrom, withPlace } from '../options.ts';

export const command = define({
  usage: 'webhook intake',
  describe: 'In a build that the webhook started: upload what a push has, for the pipeline or the machine',
  examples: [['vendhost webhook intake --tenant shop --environment dev', 'build the push in $VENDHOST_PUSH']],
  options: (parser) => withPlace(parser),
  async run(args, runtime) {
    const { buildPush } = await import('../../webhook/build-push.ts');
    return await buildPush(runtime, placeFrom(args, runtime));
  },
});
