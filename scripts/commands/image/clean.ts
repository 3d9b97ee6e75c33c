import { define } from '../../command.ts';
import { placeFrom, withDryRun, withPlace } from '../options.ts';

export const command = define({
  usage: 'image clean',
  describe: 'Remove what killed bakes left: builders, key pairs, security groups, unfinished images',
  examples: [
    ['vendhost image clean', 'in the after_script of the bake job: after this bake, and any that died before'],
    ['vendhost image clean --tenant shop --environment dev --dry-run', 'show what would be removed'],
  ],
  options: (parser) => withDryRun(withPlace(parser)),
  async run(args, runtime) {
    const { cleanImages } = await import('../../image/clean/clean-images.ts');
    return await cleanImages(runtime, { ...placeFrom(args, runtime), dryRun: args['dry-run'] });
  },
});
