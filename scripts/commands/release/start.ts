import { define } from '../../command.ts';
import { placeFrom, withDryRun, withPlace } from '../options.ts';

export const command = define({
  usage: 'release start',
  describe: 'Release a revision to the virtual host and follow the release',
  examples: [
    ['vendhost release start --tenant shop --environment dev --revision software/shop/….zip', 'release this revision'],
    ['vendhost release start --tenant shop --environment dev', 'release the revision in $VENDHOST_REVISION_KEY'],
  ],
  options: (parser) =>
    withDryRun(withPlace(parser)).option('revision', {
      type: 'string',
      requiresArg: true,
      describe: 'Key of the revision in the bucket [default: $VENDHOST_REVISION_KEY]',
    }),
  async run(args, runtime) {
    const { startRelease } = await import('../../release/start.ts');
    return await startRelease(runtime, {
      ...placeFrom(args, runtime),
      revision: args.revision ?? runtime.env.VENDHOST_REVISION_KEY,
      dryRun: args['dry-run'],
    });
  },
});
