import { define } from '../../command.ts';
import { answerFrom, withAnswer } from '../options.ts';

export const command = define({
  usage: 'release approve',
  describe: 'Show the release that waits for an approval, and approve it',
  examples: [
    [
      'vendhost release approve --tenant shop --environment production --reason "tested in staging"',
      'approve the release that waits',
    ],
    [
      'vendhost release approve --tenant shop --environment production --execution 0c5f3a52-… --reason "tested in staging"',
      'the same, but only if it is this one',
    ],
    ['vendhost release approve --tenant shop --environment production --reason none --dry-run', 'only show it'],
  ],
  options: (parser) => withAnswer(parser),
  async run(args, runtime) {
    const { answerApproval } = await import('../../release/approval/answer-approval.ts');
    return await answerApproval(runtime, { ...answerFrom(args, runtime), verb: 'approve' });
  },
});
