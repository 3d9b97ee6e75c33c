import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { placeFrom, retentionFrom, withPlace, withRetention } from '../options.ts';

export const command = define({
  usage: 'image explain [image]',
  describe:
    'Show what an image was made from, how it differs from the newest one or a checkout, who uses it, and what keeps it',
  examples: [
    ['vendhost image explain --tenant shop --environment dev', 'the newest image'],
    ['vendhost image explain ami-0abc… --tenant shop --environment dev', 'an image, compared with the newest'],
    [
      'vendhost image explain 4f2a90c1d3e7 --tenant shop --environment dev --directory .',
      'that of a bake key, compared with what a bake of this checkout would be made of',
    ],
  ],
  options: (parser) =>
    withRetention(withPlace(parser), 'images')
      .positional('image', {
        type: 'string',
        describe: 'Id of the image, or the beginning of its bake key [default: the newest]',
      })
      .option('directory', {
        type: 'string',
        requiresArg: true,
        describe: 'Folder with vendhost.yml and infrastructure/ to compare with [default: the newest image]',
      }),
  async run(args, runtime) {
    const { explainImage } = await import('../../retention/images/explain-image.ts');
    return await explainImage(runtime, {
      ...placeFrom(args, runtime),
      ...retentionFrom(args),
      image: args.image,
      directory: args.directory === undefined ? undefined : resolve(runtime.cwd, args.directory),
    });
  },
});
