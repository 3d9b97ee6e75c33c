import { define } from '../../command.ts';
import { placeFrom, retentionFrom, withDryRun, withPlace, withRetention } from '../options.ts';

export const command = define({
  usage: 'image prune',
  describe: "Deregister a tenant's unused images, with their snapshots; the newest and recent ones stay",
  examples: [
    [
      'vendhost image prune --tenant shop --environment dev --dry-run',
      'show what would be removed, and why the rest stays',
    ],
    ['vendhost image prune --tenant shop --environment dev', 'keep the newest 5, and what is younger than 30 days'],
    ['vendhost image prune --tenant shop --environment dev --keep 2 --older-than 7', 'keep less'],
  ],
  options: (parser) => withRetention(withDryRun(withPlace(parser)), 'images'),
  async run(args, runtime) {
    const { pruneImages } = await import('../../retention/images/prune-images.ts');
    const place = placeFrom(args, runtime);
    return await pruneImages(runtime, { ...place, ...retentionFrom(args), dryRun: args['dry-run'] });
  },
});
