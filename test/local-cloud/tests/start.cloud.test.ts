import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { accountEnvironment, startLocalCloud } from '../start.ts';

const silent = { say: () => undefined };

describe('startLocalCloud', () => {
  test('the shared cloud answers on loopback', async () => {
    const { endpoint, router } = inject('localCloud');
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(router).toEqual({
      http: expect.stringMatching(/^http:\/\/127\./),
      https: expect.stringMatching(/^http:\/\/127\./),
    });
    const response = await fetch(`${endpoint}/_ministack/health`);
    expect(response.status).toBe(200);
  });

  test("an account's environment names the account and the endpoint", () => {
    const cloud = inject('localCloud');
    expect(accountEnvironment(cloud, '111111111111')).toMatchObject({
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_ACCESS_KEY_ID: '111111111111',
      AWS_REGION: 'eu-west-1',
    });
  });

  test('stop ends the cloud and removes its directory', async () => {
    const cloud = await startLocalCloud(silent);
    await cloud.stop();
    await expect(fetch(cloud.endpoint)).rejects.toThrow('fetch failed');
    await expect(readFile(join(cloud.directory, 'cloud.log'))).rejects.toThrow('ENOENT');
  });

  test('a given directory is kept, with the log', async () => {
    const directory = await temporaryDirectory();
    const cloud = await startLocalCloud({ ...silent, directory });
    await cloud.stop();
    expect(await readFile(join(directory, 'cloud.log'), 'utf8')).toContain('Ready');
  });

  test('a killed launcher leaves no cloud behind', async () => {
    const directory = await temporaryDirectory();
    const launcher = execaNode(join(import.meta.dirname, '../start.ts'), { reject: false, env: { TMPDIR: directory } });
    const endpoint = await new Promise<string>((resolve) => {
      let output = '';
      launcher.stdout.on('data', (chunk) => {
        output += String(chunk);
        const match = /AWS_ENDPOINT_URL=(\S+)\n/.exec(output);
        if (match?.[1]) resolve(match[1]);
      });
    });
    expect((await fetch(`${endpoint}/_ministack/health`)).status).toBe(200);
    launcher.kill('SIGKILL');
    await launcher;
    await expect
      .poll(
        () =>
          fetch(endpoint).then(
            () => 'answers',
            () => 'gone',
          ),
        { timeout: 60_000 },
      )
      .toBe('gone');
  });
});

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-cloud-test-'));
  // A cloud that was ended by force may still be writing.
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}
