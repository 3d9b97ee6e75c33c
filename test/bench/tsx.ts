import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare } from './paired.ts';

/** `npm run bench:tsx`: the start of the command from a checkout, whose types Node strips, and from `node_modules`, where tsx does. */
const pairs = 15;
const root = join(import.meta.dirname, '../..');
// Below the checkout, whose packages are found from there.
const home = join(root, '.cache/bench');
const installed = join(home, 'node_modules/vendhost');

await rm(home, { recursive: true, force: true });
await mkdir(installed, { recursive: true });
for (const part of ['bin', 'scripts', 'cdk', 'packer', 'ci-templates', 'package.json'])
  await cp(join(root, part), join(installed, part), { recursive: true });
console.log(`node ${process.version}, ${pairs} pairs`);
for (const words of [['--help'], ['config', 'check', '--directory', join(root, 'examples/shop')]]) {
  const program = (name: string, directory: string) => ({
    name,
    file: process.execPath,
    args: [join(directory, 'bin/vendhost.js'), ...words],
  });
  const { ours, theirs, ratio } = await compare(program('tsx', installed), program('Node', root), pairs);
  console.log(
    `vendhost ${words.slice(0, 2).join(' ')}: Node ${theirs.toFixed(2)} s, tsx ${ours.toFixed(2)} s, ${ratio.toFixed(2)} times`,
  );
}
