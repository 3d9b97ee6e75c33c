import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { isSupported } from '../../bin/node-version.js';

const root = join(import.meta.dirname, '../..');

test('a version of Node is supported where engines has it', async () => {
  const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  expect(engines.node).toBe('^20.19.0 || ^22.12.0 || >=24');
  const supported = ['20.19.0', '20.20.2', '22.12.0', '22.23.3', '24.0.0', '25.1.0', '26.0.0-nightly'];
  const others = ['12.22.12', '18.20.8', '20.18.3', '21.7.3', '22.11.0', '23.11.1'];
  expect([...supported, ...others].filter(isSupported)).toEqual(supported);
});

test('on another the command says so, and what to do, before it loads anything', async () => {
  const older = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.8"}})';
  const words = ['--import', `data:text/javascript,${older}`, 'bin/vendhost.js', 'config', 'check'];
  const { exitCode, stdout, stderr } = await execa(process.execPath, words, { cwd: root, reject: false });
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr.split('\n')).toEqual([
    'error: vendhost cannot run on Node 18.20.8: it needs 20.19, 22.12, 24 or later',
    expect.stringMatching(/^hint: install one of these/),
  ]);
});
