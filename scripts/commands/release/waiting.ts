import { define } from '../../command.ts';
import { placeFrom, withPlace } from '../options.ts';

export const command = define({
  usage: 'release waiting',
  describe: 'Show the release that waits for an approval; fails when none does',
  examples: [
    ['vendhost release waiting --tenant shop --environment production', 'what waits, and what the instances have'],
    [
      'vendhost release waiting --tenant shop --environment production --dotenv waiting.env',
      'the same, for a job that answers exactly that',
    ],
  ],
  options: (parser) => withPlace(parser),
  async run(args, runtime) {
    const { showWaiting } = await import('../../release/approval/answer-approval.ts');
    await showWaiting(runtime, placeFrom(args, runtime));
    return undefined;
  },
});
