import { define } from '../../command.ts';
import { placeFrom, withPlace } from '../options.ts';

export const command = define({
  usage: 'release show [release]',
  describe: 'Show all of one release: the push, who started and approved it, what happened on each instance',
  examples: [
    ['vendhost release show --tenant shop --environment dev', 'the newest release'],
    [
      'vendhost release show 0c0ffee0 --tenant shop --environment dev',
      'the release of this execution, revision or commit',
    ],
  ],
  options: (parser) =>
    withPlace(parser).positional('release', {
      type: 'string',
      describe: 'Execution, revision or commit, or how it begins [default: the newest release]',
    }),
  async run(args, runtime) {
    const { showRelease } = await import('../../release/history/show-release.ts');
    return await showRelease(runtime, { ...placeFrom(args, runtime), name: args.release });
  },
});
