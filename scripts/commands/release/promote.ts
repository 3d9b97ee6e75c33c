import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { environments } from '../../config/environment.ts';
import { placeFrom, reasonFrom, withDirectory, withDryRun, withPlace, withReason } from '../options.ts';

export const command = define({
  usage: 'release promote',
  describe: 'Release what another environment runs, as it is: its revision is copied, and with --image its image',
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
    [
      'vendhost release promote --tenant shop --environment production --image',
      'what staging runs, on a copy of the image that it runs on there',
    ],
  ],
  options: (parser) =>
    withReason(withDryRun(withDirectory(withPlace(parser), 'vendhost.yml')))
      .option('image', {
        type: 'boolean',
        default: false,
        describe:
          'Copy the image that it runs on there, and roll the copy out first; needs images_from in platform.yml',
      })
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
      withImage: args.image,
      directory: resolve(runtime.cwd, args.directory),
      reason: reasonFrom(args, runtime),
      dryRun: args['dry-run'],
    });
  },
});
