import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePlatform } from '../builders/platform.ts';
import { admitTenant } from '../builders/tenant.ts';
import { ageing, type Meddler } from '../scripts/wire.ts';
import type { Census, Difference } from './census.ts';
import { differenceTo, readWorld, runCommand } from './command.ts';
import { tenantRepository } from './commands/tenant-repository.ts';
import { disturbing } from './fault.ts';
import type { Prepared, World } from './world.ts';

const place = ['--tenant', 'shop', '--environment', 'dev'];
const mostTries = 5;
/** A try comes when a lease of the one before is no longer renewed. */
const minutesLater = 6;

/** How a command of the path went. */
export interface Tried {
  readonly command: string;
  readonly tries: number;
  /** Exit code of the last try, or what ended it. */
  readonly end: number | string;
  readonly seconds: number;
  /** Codes of the errors the other tries ended with. */
  readonly errors: readonly string[];
}

/** bake → provision → push → release, in an account of their own. */
export interface Path {
  readonly commands: readonly Tried[];
  readonly faults: number;
  readonly directory: string;
}

/** Runs the path; with a seed, its calls are disturbed, and what fails is tried again. */
export async function runPath(world: World, seed?: string): Promise<Path> {
  await admitTenant(await makePlatform(world.account, { network: true, balancers: 1 }), 'shop');
  const repository = await tenantRepository();
  let faults = 0;
  let job = 0;
  const commands: Tried[] = [];
  const from = ['--directory', repository];
  const handed = (file: string) => ['--dotenv', join(world.directory, file)];
  if (
    (await run('bake', ['image', 'bake', ...place, ...from, ...handed('bake.env')])) &&
    (await run('provision', ['host', 'provision', ...place, ...from, '--image', await read('bake.env', 'IMAGE_ID')])) &&
    (await run('push', ['revision', 'push', ...place, ...from, ...handed('push.env')]))
  ) {
    await run('release', ['release', 'start', ...place, '--revision', await read('push.env', 'REVISION_KEY')]);
  }
  return { commands, faults, directory: world.directory };

  async function run(command: string, words: readonly string[]): Promise<boolean> {
    const errors: string[] = [];
    const start = performance.now();
    for (let tries = 1; ; tries += 1) {
      job += 1;
      const meddler = seed === undefined ? undisturbed : disturbed(`${seed}/${command}/${tries}`);
      const { end, error = String(end) } = await runCommand(world, { words }, job, () => meddler);
      if (end === 0 || tries === mostTries || seed === undefined) {
        commands.push({ command, tries, end, seconds: (performance.now() - start) / 1000, errors });
        return end === 0;
      }
      errors.push(error);
    }
  }

  /** What a job hands to the next in a dotenv report. */
  async function read(file: string, name: string): Promise<string> {
    const text = await readFile(join(world.directory, file), 'utf8');
    return new RegExp(`^VENDHOST_${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  }

  function disturbed(text: string): Meddler {
    const aged = ageing(minutesLater);
    const meddle = disturbing(text, () => {
      faults += 1;
    });
    return (call, next) => meddle(call, () => aged(call, next));
  }
}

const undisturbed: Meddler = async (_call, next) => await next();

/** What a path that nobody disturbed leaves; throws when it failed. */
export async function pathCensus(world: World): Promise<Census> {
  const { commands, directory } = await runPath(world);
  const failed = commands.find(({ end }) => end !== 0);
  if (failed !== undefined)
    throw new Error(`${failed.command} ended with ${failed.end}, undisturbed: see ${directory}`);
  return await readWorld(world, nothingElse);
}

export async function pathDifference(census: Census, world: World): Promise<Difference> {
  return await differenceTo(census, world, nothingElse);
}

const nothingElse: Prepared = { words: [] };
