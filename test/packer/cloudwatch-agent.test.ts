import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../packer/base/cloudwatch-agent.sh');
const url = 'https://amazoncloudwatch-agent-eu-west-1.s3.eu-west-1.amazonaws.com';

/** Runs the script on a system, where its package can be downloaded or not; apt installs an agent. */
async function run(osRelease: string, { published = true, installed = false } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-agent-'));
  const agent = join(directory, 'agent-ctl');
  const write = async (path: string, body: string) => {
    await writeFile(path, `#!/bin/sh\n${body}\n`);
    await chmod(path, 0o755);
  };
  await writeFile(join(directory, 'os-release'), osRelease);
  const stubs = {
    curl: published ? 'for url; do :; done; echo "from $url"' : 'echo "curl: (22) 404" >&2; exit 22',
    dpkg: 'echo arm64',
    'apt-get': `case "$*" in *install*) printf '#!/bin/sh\\n' > ${agent}; chmod +x ${agent} ;; esac`,
  };
  for (const [name, body] of Object.entries(stubs)) await write(join(directory, name), body);
  if (installed) await write(agent, '');
  const env = {
    VENDHOST_CLOUDWATCH_AGENT_URL: url,
    VENDHOST_CLOUDWATCH_AGENT: agent,
    VENDHOST_OS_RELEASE: join(directory, 'os-release'),
    PATH: `${directory}:/usr/bin:/bin`,
  };
  return await execa('bash', [script], { env, extendEnv: false, all: true, reject: false });
}

test.each([
  ['ID=debian\n', 'debian'],
  ['ID=ubuntu\nID_LIKE=debian\n', 'ubuntu'],
  ['ID=mint\nID_LIKE="ubuntu debian"\n', 'ubuntu'],
])('%j gets the package for %s', async (osRelease, system) => {
  const { exitCode, all } = await run(osRelease);
  expect([exitCode, all]).toEqual([
    0,
    `from ${url}/${system}/arm64/latest/amazon-cloudwatch-agent.deb\nCloudWatch agent: installed`,
  ]);
});

test('an image that has the agent keeps it', async () => {
  const { exitCode, all } = await run('ID=debian\n', { installed: true });
  expect([exitCode, all]).toEqual([0, 'CloudWatch agent: installed already']);
});

test('an image without the agent is none', async () => {
  const { exitCode, all } = await run('ID=debian\n', { published: false });
  const package_ = `${url}/debian/arm64/latest/amazon-cloudwatch-agent.deb`;
  expect([exitCode, all]).toEqual([1, `cloudwatch-agent.sh: cannot download ${package_}: curl: (22) 404`]);
});
