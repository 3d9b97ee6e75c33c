import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PackerEvent } from '../../../../scripts/image/packer/packer-events.ts';
import { build, packerVersion, templateFiles } from '../../../../scripts/image/packer/run-packer.ts';
import { makeStage } from '../../../../scripts/image/packer/stage.ts';
import { recorder } from '../../../builders/recorder.ts';

describe('packerVersion', () => {
  test('says when there is none', async () => {
    const runtime = recorder({ PATH: '/nowhere' });
    await expect(packerVersion(runtime)).rejects.toMatchObject({
      code: 'PACKER_MISSING',
      message: 'no packer on the PATH',
    });
  });

  test('refuses a program of the same name', async () => {
    const runtime = recorder({ PATH: await fakePacker('echo 7 1') });
    await expect(packerVersion(runtime)).rejects.toThrow('the packer on the PATH is not HashiCorp Packer');
  });
});

test.each([
  ['1.6.6', ['ami.pkr.hcl']],
  ['1.7.0', ['ami.pkr.hcl', 'plugins.pkr.hcl']],
  ['1.11.2', ['ami.pkr.hcl', 'plugins.pkr.hcl']],
  ['2.0.0', ['ami.pkr.hcl', 'plugins.pkr.hcl']],
])('Packer %s reads %j', (version, files) => {
  expect(templateFiles(version)).toEqual(files);
});

describe('build', () => {
  const script = 'env | sort > env.txt; echo "1,,ui,message,    amazon-ebs.image: hello"; exit "$FAKE_EXIT"';

  test("passes the credentials and nothing of the job's own variables", async () => {
    const runtime = recorder({
      PATH: await fakePacker(script),
      HOME: '/root',
      VENDHOST_ID_TOKEN: 'secret',
      CI_JOB_TOKEN: 'secret',
    });
    const { directory, events, options } = await buildOptions({ AWS_ACCESS_KEY_ID: 'key', FAKE_EXIT: '0' });
    expect(await build(runtime, options)).toBe(true);
    expect(events).toEqual([{ kind: 'output', text: 'hello' }]);
    const env = await readFile(join(directory, 'env.txt'), 'utf8');
    expect(env).toContain('AWS_ACCESS_KEY_ID=key');
    expect(env).not.toContain('secret');
  });

  test('answers false when Packer fails', async () => {
    const runtime = recorder({ PATH: await fakePacker(script) });
    const { options } = await buildOptions({ FAKE_EXIT: '1' });
    expect(await build(runtime, options)).toBe(false);
  });
});

test('the variables file and nothing secret: readable by its owner only', async () => {
  const script = { path: 'sub/tool', executable: true, bytes: Buffer.from('#!/bin/sh\n') };
  const stage = await makeStage([], [script, { ...script, path: 'data', executable: false }]);
  onTestFinished(() => stage.remove());
  const file = await stage.writeVariables({ region: 'eu-west-1' });
  const mode = async (path: string) => (await stat(path)).mode & 0o777;
  expect(await mode(file)).toBe(0o600);
  expect(await mode(join(stage.folder, 'infrastructure/sub/tool'))).toBe(0o755);
  expect(await mode(join(stage.folder, 'infrastructure/data'))).toBe(0o644);
  await stage.remove();
  await expect(stat(stage.folder)).rejects.toThrow('ENOENT');
});

async function buildOptions(env: Record<string, string>) {
  const directory = await temporaryDirectory();
  const events: PackerEvent[] = [];
  const onEvent = (event: PackerEvent) => void events.push(event);
  const options = { version: '1.6.6', variablesFile: 'unused', temporaryDirectory: directory, env, onEvent };
  return { directory, events, options };
}

/** A PATH whose packer is this shell script. */
async function fakePacker(script: string): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'packer'), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, 'packer'), 0o755);
  return `${directory}:/usr/bin:/bin`;
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-packer-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
