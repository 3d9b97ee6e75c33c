import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { placeFrom, withDirectory, withDryRun, withPlace } from '../options.ts';

export const command = define({
  usage: 'image bake',
  describe: "Bake the tenant's infrastructure/ scripts into an encrypted AMI, unless that image exists",
  examples: [
    ['vendhost image bake --tenant shop --environment dev', 'bake, or find the image with the same bake key'],
    ['vendhost image bake --tenant shop --environment dev --dry-run', 'say whether a bake is needed, and why'],
  ],
  options: (parser) => withDryRun(withDirectory(withPlace(parser), 'vendhost.yml and infrastructure/')),
  async run(args, runtime) {
    const { bakeImage } = await import('../../image/bake/bake-image.ts');
    return await bakeImage(runtime, {
      ...placeFrom(args, runtime),
      directory: resolve(runtime.cwd, args.directory),
      dryRun: args['dry-run'],
    });
  },
});
