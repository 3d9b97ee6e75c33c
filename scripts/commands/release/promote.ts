import { define } from '../../command.ts';
import { environments } from '../../config/environment.ts';
import { placeFrom, reasonFrom, withDryRun, withPlace, withReason } from '../options.ts';

export const command = define({
  usage: 'release promote',
  describe: 'Release what another environment runs, as it is: its revision is copied',
  examples: [
    [
      'vendhost release promote --from staging --tenant shop --environment production --dry-run',
      'show what would be released, and whether the images are made of the same',
    ],
    ['vendhost release promote --tenant shop --environment production', 'what staging runs'],
    [
      'vendhost release promote --tenant shop --environment production --revision 01234567',
      'the same, refused when staging runs another revision, commit or execution',
    ],
  ],
  options: (parser) =>
    withReason(withDryRun(withPlace(parser)))
      .option('from', {
        choices: environments,
        requiresArg: true,
        describe: 'Environment to promote from [default: staging for production, dev for staging]',
      })
      .option('revision', {
        type: 'string',
        requiresArg: true,
        describe:
          'Execution, revision or commit that must be what runs there; refused when it is another [default: $VENDHOST_PROMOTE_REVISION]',
      }),
  async run(args, runtime) {
    const { promoteRelease } = await import('../../promotion/promote-release.ts');
    return await promoteRelease(runtime, {
      ...placeFrom(args, runtime),
      from: args.from,
      revision: args.revision || runtime.env.VENDHOST_PROMOTE_REVISION || undefined,
      reason: reasonFrom(args, runtime),
      dryRun: args['dry-run'],
    });
  },
});
