import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { packerVariables } from '../../../../scripts/image/builder/builder.ts';
import type { PackerEvent } from '../../../../scripts/image/packer/packer-events.ts';
import { build, packerTemplate, packerVersion } from '../../../../scripts/image/packer/run-packer.ts';
import { makeStage } from '../../../../scripts/image/packer/stage.ts';
import { recorder } from '../../../builders/recorder.ts';
import { parts } from '../parts.ts';

// These need the real Packer, which the set-up of this project installs.

test('the version of the real Packer is understood', async () => {
  expect(await packerVersion(recorder(process.env, { cwd: tmpdir() }))).toMatch(/^\d+\.\d+\.\d+/);
});

test('the template takes the variables that the command gives, and with them is valid', async () => {
  const stage = await makeStage([], []);
  onTestFinished(() => stage.remove());
  const { privateKey: pem } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const privateKey = await stage.writeKey(pem);
  const file = await stage.writeVariables(packerVariables({ ...parts, privateKey, stage: tmpdir() }));
  const home = await mkdtemp(join(tmpdir(), 'vendhost-packer-home-'));
  const env = { HOME: home, CHECKPOINT_DISABLE: '1' };
  const words = ['validate', `-var-file=${file}`, packerTemplate];
  const { all, exitCode } = await execa('packer', words, { env, all: true, reject: false });
  expect(exitCode, all).toBe(0);
});

test('the path of the temporary folder may be longer than that of a socket', async () => {
  const root = await mkdtemp(join(tmpdir(), 'vendhost-packer-'));
  const temporaryDirectory = join(root, 'a-folder-of-a-runner/'.repeat(6));
  await mkdir(temporaryDirectory, { recursive: true });
  const template = join(root, 'none.pkr.hcl');
  await writeFile(
    template,
    'source "null" "one" {\n  communicator = "none"\n}\n\nbuild {\n  sources = ["source.null.one"]\n}\n',
  );
  const variablesFile = join(root, 'none.json');
  await writeFile(variablesFile, '{}');
  const runtime = recorder({ ...process.env, HOME: root }, { cwd: tmpdir() });
  const said: PackerEvent[] = [];
  const onEvent = (event: PackerEvent) => void said.push(event);
  expect(await build(runtime, { template, variablesFile, temporaryDirectory, onEvent }), JSON.stringify(said)).toBe(
    true,
  );
});
