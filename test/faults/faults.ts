import { parseArgs } from 'node:util';
import { startLocalCloud } from '../local-cloud/start.ts';
import { ensurePackages } from '../setup/packages.ts';
import { subjects } from './commands/subjects.ts';
import { runKilled, runUndisturbed } from './kill.ts';
import { choosePoints } from './point.ts';
import { isPassed, killedHead, killedLine } from './table.ts';
import { worlds } from './world.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, points: { type: 'string', default: '5' } } });
const say = (line: string) => process.stderr.write(`${line}\n`);
await ensurePackages(say);
const cloud = await startLocalCloud({ say });
const newWorld = worlds(cloud, '77');
try {
  console.log(killedHead());
  for (const subject of subjects.filter(({ name }) => name.startsWith(values.only ?? ''))) {
    const world = await newWorld(subject.name);
    const undisturbed = await runUndisturbed(world, await subject.prepare(world));
    say(
      `${subject.name}: ended ${undisturbed.end} after ${undisturbed.seconds.toFixed(1)} s; ${undisturbed.writes.length} writes: ${undisturbed.writes.join(', ')}`,
    );
    say(JSON.stringify(undisturbed.census));
    for (const point of choosePoints(undisturbed.writes.length, Number(values.points))) {
      const killed = await runKilled(subject, await newWorld(subject.name), point, undisturbed.census);
      console.log(killedLine(subject.name, killed));
      if (!isPassed(killed)) {
        process.exitCode = 1;
        say(killed.directory);
      }
    }
  }
} finally {
  await cloud.stop();
}
