import { define } from '../../command.ts';
import { VendhostError } from '../../errors.ts';
import { placeFrom, withPlace } from '../options.ts';

/** Throws `USAGE` for an invalid number of releases. */
function numberOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new VendhostError('USAGE', `--limit "${text}" is wrong: must be a number from 1 to 9999`, {
    hint: 'see `vendhost release list --help`',
  });
}

export const command = define({
  usage: 'release list',
  describe: 'Show the newest releases: when, in which state, what of whom, on which image, who approved',
  examples: [
    ['vendhost release list --tenant shop --environment dev', 'the newest 20'],
    ['vendhost release list --tenant shop --environment production --limit 100 --json', 'the newest 100, as JSON'],
  ],
  options: (parser) =>
    withPlace(parser).option('limit', {
      type: 'string',
      requiresArg: true,
      default: '20',
      describe: 'How many releases, of the newest; CodePipeline keeps them for twelve months',
    }),
  async run(args, runtime) {
    const { listReleases } = await import('../../release/history/list-releases.ts');
    return await listReleases(runtime, { ...placeFrom(args, runtime), limit: numberOf(args.limit) });
  },
});
