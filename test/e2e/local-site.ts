import type { Site } from '../acceptance/stage.ts';
import { ask } from './ask.ts';
import { awsCli } from './aws-cli/aws-cli.ts';
import { devAccount, type World } from './world.ts';

/** The local world, as the steps that it shares with the acceptance kit see it. */
export function localSite(world: World, say: (line: string) => void): Site {
  const { cloud } = world;
  let aws: ReturnType<typeof awsCli> | undefined;
  return {
    host: 'shop.dev.example.com',
    operate: (words, options) => world.operate(words, options),
    read: (file) => world.read(file),
    push: async (files, message, watch) =>
      await (await (files === undefined ? world.pushAgain(watch) : world.push(files, message, watch))).result,
    ask: (host, path, form) => ask(cloud.router.https, host, path, form),
    askPlain: (host) => ask(cloud.router.http, host),
    aws: async (...words) => {
      aws ??= awsCli(cloud.endpoint, devAccount, say);
      return await (await aws)(...words);
    },
  };
}
