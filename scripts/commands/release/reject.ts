import { define } from '../../command.ts';
import { answerFrom, withAnswer } from '../options.ts';

export const command = define({
  usage: 'release reject',
  describe: 'Show the release that waits for an approval, and reject it',
  examples: [
    [
      'vendhost release reject --tenant shop --environment production --reason "not on a Friday"',
      'reject the release that waits: it ends as failed, and nothing is deployed',
    ],
    [
      'vendhost release reject --tenant shop --environment production --execution 0c5f3a52-… --reason "not on a Friday"',
      'the same, but only if it is this one',
    ],
    ['vendhost release reject --tenant shop --environment production --reason none --dry-run', 'only show it'],
  ],
  options: (parser) => withAnswer(parser),
  async run(args, runtime) {
    const { answerApproval } = await import('../../release/approval/answer-approval.ts');
    return await answerApproval(runtime, { ...answerFrom(args, runtime), verb: 'reject' });
  },
});
