import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../packer/base/ssm-agent.sh');
const url = 'https://amazon-ssm-eu-west-1.s3.eu-west-1.amazonaws.com';

/** Runs the script where the agent cannot be downloaded. */
async function withoutAgent(env: Record<string, string>) {
  const commands = await mkdtemp(join(tmpdir(), 'vendhost-commands-'));
  const stubs = { curl: 'echo "curl: (22) 404" >&2; exit 22', dpkg: 'echo amd64' };
  for (const [name, body] of Object.entries(stubs)) {
    await writeFile(join(commands, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(commands, name), 0o755);
  }
  const all = { VENDHOST_SSM_URL: url, ...env, PATH: `${commands}:/usr/bin:/bin` };
  return await execa('bash', [script], { env: all, extendEnv: false, all: true, reject: false });
}

test('an image without the SSM agent is none', async () => {
  const { exitCode, all } = await withoutAgent({});
  expect(all).toBe(`ssm-agent.sh: cannot download ${url}/latest/debian_amd64/amazon-ssm-agent.deb: curl: (22) 404`);
  expect(exitCode).toBe(1);
});

test('in the local cloud, which publishes none, it is said to be missing', async () => {
  const { exitCode, all } = await withoutAgent({ VENDHOST_LOCAL_CLOUD: '1' });
  expect(all).toBe('SSM agent: NOT installed, the local cloud does not publish it');
  expect(exitCode).toBe(0);
});
