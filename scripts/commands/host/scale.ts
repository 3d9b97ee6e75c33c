import { define } from '../../command.ts';
import { VendhostError } from '../../errors.ts';
import { withPlace } from '../options.ts';

export const command = define({
  usage: 'host scale [count]',
  describe: 'Says where the number and the size of instances are set: in vendhost.yml',
  examples: [['vendhost host scale 3 --tenant shop --environment dev', 'what to write instead, and where']],
  options: (parser) =>
    withPlace(parser).positional('count', { type: 'number', describe: 'How many instances are wanted' }),
  run({ count = 2 }) {
    throw new VendhostError(
      'USAGE',
      'no command scales a virtual host: its repository says how many instances there are',
      {
        hint: `set instances: { min: ${count}, max: ${count + 1} }, or instances.type for larger ones, in vendhost.yml, and push: the pipeline provisions it`,
      },
    );
  },
});
