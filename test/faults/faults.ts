import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud } from '../local-cloud/start.ts';
import { ensurePackages } from '../setup/packages.ts';
import { chosen, type FaultOptions, faultOptions } from './arguments.ts';
import { subjects } from './commands/subjects.ts';
import { faultPaths } from './fault-paths.ts';
import { killPoints } from './kill-points.ts';
import { isKillPassed, isPathPassed, killedHead, killedLine, pathHead, pathLine } from './table.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);

/** `npm run faults`: kill points and paths with faults, in one local cloud, each in an account of its own. */
async function judge({ only, points, paths, seed, minutes, json }: FaultOptions): Promise<boolean> {
  const asked = chosen(subjects, only);
  const print = json ? say : (line: string) => process.stdout.write(`${line}\n`);
  await ensurePackages(say);
  const directory = mkdtempSync(join(tmpdir(), 'vendhost-faults-'));
  process.env.TMPDIR = directory;
  const cloud = await startLocalCloud({ say });
  const start = performance.now();
  const common = {
    seed,
    lanes: Math.max(2, availableParallelism() - 1),
    deadline: start + minutes * 60_000,
  };
  const failedIn: string[] = [];
  let passed = false;
  try {
    if (asked.length > 0) print(killedHead);
    const kills = await killPoints(cloud, {
      ...{ ...common, digits: '77', subjects: asked, points, say },
      onRow(row) {
        print(killedLine(row));
        if (!isKillPassed(row)) failedIn.push(row.killed.directory);
      },
    });
    const wanted = only === '' || only === 'paths' ? paths : 0;
    if (wanted > 0) print(pathHead);
    const ran = await faultPaths(cloud, {
      ...{ ...common, paths: wanted },
      onRow(row) {
        print(pathLine(row));
        if (!isPathPassed(row)) failedIn.push(row.directory);
      },
    });
    const isWhole = kills.isWhole && ran.length === wanted;
    passed = isWhole && failedIn.length === 0;
    const took = Math.ceil((performance.now() - start) / 60_000);
    say(
      `${kills.rows.length} kill points and ${ran.length} paths in ${took} minutes, seed ${seed}: ${failedIn.length} failed`,
    );
    if (!isWhole) say(`not all was run: ${minutes} minutes were over`);
    for (const each of failedIn) say(`  see ${each}`);
    if (json)
      process.stdout.write(`${JSON.stringify({ seed, passed, kills: kills.rows, paths: ran }, undefined, 2)}\n`);
    return passed;
  } finally {
    await cloud.stop();
    if (passed) await rm(directory, { recursive: true, maxRetries: 10 });
  }
}

const options = faultOptions(process.argv.slice(2), (text) => process.stdout.write(text));
if (options !== undefined) {
  const passed = await judge(options);
  // What is printed is printed: writes to files and pipes are synchronous here (https://nodejs.org/api/process.html#a-note-on-process-io).
  // To return instead has Node close its handles, where it was seen to spin without end (https://github.com/nodejs/node/issues/47748).
  process.exit(passed ? 0 : 1);
}
