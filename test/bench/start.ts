import { join } from 'node:path';
import { awsVersion } from './aws.ts';
import { compare } from './paired.ts';

/** `npm run bench`: `vendhost --help` must start in at most this part of the time of `aws --version`. */
const limit = 0.7;
const pairs = 15;

const version = await awsVersion();
const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
const ours = { name: 'vendhost --help', file: process.execPath, args: [executable, '--help'] };
const theirs = { name: 'aws --version', file: 'aws', args: ['--version'] };
const { ours: own, theirs: other, ratio } = await compare(ours, theirs, pairs);
console.log(`${version}, node ${process.version}, ${pairs} pairs`);
console.log(`${ours.name}: ${own.toFixed(2)} s`);
console.log(`${theirs.name}: ${other.toFixed(2)} s`);
console.log(`ratio: ${ratio.toFixed(2)}, at most ${limit}`);
process.exitCode = ratio <= limit ? 0 : 1;
