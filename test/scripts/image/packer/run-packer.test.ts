import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PackerEvent } from '../../../../scripts/image/packer/packer-events.ts';
import { build, packerVersion } from '../../../../scripts/image/packer/run-packer.ts';
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

  test('is asked for outside of the checkout, where Packer would run plug-ins that a tenant put there', async () => {
    const checkout = await temporaryDirectory();
    const looks = 'if [ "$PWD" = "$CHECKOUT" ]; then exit 1; fi; echo "Packer v1.10.0"';
    const script = looks.replace('$CHECKOUT', checkout);
    expect(await packerVersion({ ...recorder({ PATH: await fakePacker(script) }), cwd: checkout })).toBe('1.10.0');
  });

  test('refuses a program of the same name', async () => {
    const runtime = recorder({ PATH: await fakePacker('echo 7 1') });
    await expect(packerVersion(runtime)).rejects.toThrow('the packer on the PATH is not HashiCorp Packer');
  });
});

describe('build', () => {
  const script = 'env | sort > env.txt; echo "1,,ui,message,    null.builder: hello"; exit 0';

  test("passes nothing of the job's own variables: no token, no credentials", async () => {
    const runtime = recorder({
      PATH: await fakePacker(script),
      HOME: '/root',
      VENDHOST_ID_TOKEN: 'secret',
      CI_JOB_TOKEN: 'secret',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
    const { directory, events, options } = await buildOptions();
    expect(await build(runtime, options)).toBe(true);
    expect(events).toEqual([{ kind: 'output', text: 'hello' }]);
    const env = await readFile(join(directory, 'env.txt'), 'utf8');
    expect(env).toContain('HOME=/root');
    expect(env).not.toContain('secret');
  });

  test('answers false when Packer fails', async () => {
    const runtime = recorder({ PATH: await fakePacker('exit 1') });
    const { options } = await buildOptions();
    expect(await build(runtime, options)).toBe(false);
  });

  test('ends Packer when what it says cannot be dealt with', async () => {
    const end = 'kill $child; echo ended > ended.txt; exit 1';
    const waits = `sleep 60 > /dev/null 2>&1 & child=$!; trap "${end}" TERM; echo "1,,ui,say,==> null.builder: hello"; wait`;
    const { directory, options } = await buildOptions();
    const onEvent = () => {
      throw new Error('no such builder');
    };
    const running = build(recorder({ PATH: await fakePacker(waits) }), { ...options, onEvent });
    await expect(running).rejects.toThrow('no such builder');
    expect(await readFile(join(directory, 'ended.txt'), 'utf8')).toBe('ended\n');
  });
});

test('variables and key are readable by their owner only', async () => {
  const script = { path: 'sub/tool', executable: true, bytes: Buffer.from('#!/bin/sh\n') };
  const stage = await makeStage([], [script, { ...script, path: 'data', executable: false }]);
  onTestFinished(() => stage.remove());
  const file = await stage.writeVariables({ region: 'eu-west-1' });
  const mode = async (path: string) => (await stat(path)).mode & 0o777;
  expect(await mode(file)).toBe(0o600);
  expect(await mode(await stage.writeKey('private'))).toBe(0o600);
  expect(await mode(join(stage.folder, 'infrastructure/sub/tool'))).toBe(0o755);
  expect(await mode(join(stage.folder, 'infrastructure/data'))).toBe(0o644);
  await stage.remove();
  await expect(stat(stage.folder)).rejects.toThrow('ENOENT');
});

async function buildOptions() {
  const directory = await temporaryDirectory();
  const events: PackerEvent[] = [];
  const onEvent = (event: PackerEvent) => void events.push(event);
  const options = { template: 'unused', variablesFile: 'unused', temporaryDirectory: directory, onEvent };
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
  return directory;
}
