import { define } from '../../command.ts';
import { placeFrom, withPlace } from '../options.ts';

export const command = define({
  usage: 'webhook machine',
  describe: 'In a build that an upload started: bake, provision, push and release what it has',
  examples: [
    ['vendhost webhook machine --tenant shop --environment dev', 'deploy the archive in $VENDHOST_MACHINE_KEY'],
  ],
  options: (parser) => withPlace(parser),
  async run(args, runtime) {
    const { buildMachine } = await import('../../webhook/build-machine.ts');
    return await buildMachine(runtime, placeFrom(args, runtime));
  },
});
