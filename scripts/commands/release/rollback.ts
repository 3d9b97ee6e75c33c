import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { placeFrom, reasonFrom, withDirectory, withDryRun, withPlace, withReason } from '../options.ts';

export const command = define({
  usage: 'release rollback',
  describe: 'Release an earlier revision again, with the image it ran on',
  examples: [
    [
      'vendhost release rollback --tenant shop --environment dev --dry-run',
      'show from what to what, with commits and authors',
    ],
    ['vendhost release rollback --tenant shop --environment dev', 'back to the release before the one that runs'],
    [
      'vendhost release rollback --tenant shop --environment dev --to 01234567 --reason "no prices"',
      'to what this commit released',
    ],
    ['vendhost release rollback --tenant shop --environment dev --keep-image', 'the software only'],
  ],
  options: (parser) =>
    withReason(withDryRun(withDirectory(withPlace(parser), 'vendhost.yml')))
      .option('to', {
        type: 'string',
        requiresArg: true,
        describe:
          'Execution, revision or commit as `release list` shows it, or the key of a revision [default: the release before the one that runs; $VENDHOST_ROLLBACK_TO]',
      })
      .option('keep-image', { type: 'boolean', default: false, describe: 'Leave the image as it is' }),
  async run(args, runtime) {
    const { rollBackRelease } = await import('../../release/rollback/roll-back.ts');
    return await rollBackRelease(runtime, {
      ...placeFrom(args, runtime),
      to: args.to || runtime.env.VENDHOST_ROLLBACK_TO || undefined,
      reason: reasonFrom(args, runtime),
      keepImage: args['keep-image'],
      directory: resolve(runtime.cwd, args.directory),
      dryRun: args['dry-run'],
    });
  },
});
