import { define } from '../../command.ts';
import { placeFrom, switchFrom, withDryRun, withPlace } from '../options.ts';

export const command = define({
  usage: 'release start',
  describe: 'Release a revision to the virtual host and follow the release',
  examples: [
    ['vendhost release start --tenant shop --environment dev --revision software/shop/….zip', 'release this revision'],
    ['vendhost release start --tenant shop --environment dev', 'release the revision in $VENDHOST_REVISION_KEY'],
    [
      'vendhost release start --tenant shop --environment dev --ignore-stop-failures',
      'the same, past an ApplicationStop script of the former revision that always fails',
    ],
  ],
  options: (parser) =>
    withDryRun(withPlace(parser))
      .option('revision', {
        type: 'string',
        requiresArg: true,
        describe: 'Key of the revision in the bucket [default: $VENDHOST_REVISION_KEY]',
      })
      .option('ignore-stop-failures', {
        type: 'boolean',
        describe:
          "When nothing fails but the former revision's scripts, deploy once more past them [default: $VENDHOST_IGNORE_STOP_FAILURES]",
      }),
  async run(args, runtime) {
    const { startRelease } = await import('../../release/start.ts');
    return await startRelease(runtime, {
      ...placeFrom(args, runtime),
      revision: args.revision ?? runtime.env.VENDHOST_REVISION_KEY,
      ignoreStopFailures: switchFrom(args['ignore-stop-failures'], 'VENDHOST_IGNORE_STOP_FAILURES', runtime.env),
      dryRun: args['dry-run'],
    });
  },
});
