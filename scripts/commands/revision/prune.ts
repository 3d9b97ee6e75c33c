import { define } from '../../command.ts';
import { placeFrom, retentionFrom, withDryRun, withPlace, withRetention } from '../options.ts';

export const command = define({
  usage: 'revision prune',
  describe: "Delete a tenant's unused revisions; the newest and recent ones stay",
  examples: [
    [
      'vendhost revision prune --tenant shop --environment dev --dry-run',
      'show what would be removed, and why the rest stays',
    ],
    ['vendhost revision prune --tenant shop --environment dev', 'keep the newest 5, and what is younger than 30 days'],
  ],
  options: (parser) => withRetention(withDryRun(withPlace(parser)), 'revisions'),
  async run(args, runtime) {
    const { pruneRevisions } = await import('../../retention/revisions/prune-revisions.ts');
    const place = placeFrom(args, runtime);
    return await pruneRevisions(runtime, { ...place, ...retentionFrom(args), dryRun: args['dry-run'] });
  },
});
