import { define } from '../../command.ts';
import { placeFrom, retentionFrom, withPlace, withRetention } from '../options.ts';

export const command = define({
  usage: 'image list',
  describe: "List a tenant's images, newest first: how old they and their base images are, and who uses them",
  examples: [
    ['vendhost image list --tenant shop --environment dev', 'a row for each image'],
    ['vendhost image list --tenant shop --environment dev --json', 'with whole bake keys, and why a prune keeps each'],
  ],
  options: (parser) => withRetention(withPlace(parser), 'images'),
  async run(args, runtime) {
    const { listImages } = await import('../../retention/images/list-images.ts');
    return await listImages(runtime, { ...placeFrom(args, runtime), ...retentionFrom(args) });
  },
});
