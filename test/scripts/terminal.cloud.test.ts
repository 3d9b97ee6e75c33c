import { dirname, join } from 'node:path';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { type PlatformRepository, platformRepository } from '../builders/platform-repository.ts';
import { type Shell, shell } from '../builders/tmux.ts';
import { accountEnvironment } from '../local-cloud/start.ts';
import { type Meddler, wire } from './wire.ts';

vi.setConfig({ testTimeout: 600_000 });
const account = '100000000714';
let repository: PlatformRepository;

beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(inject('localCloud').endpoint);
});

/** While it is held, NAT gateways are not ready, and so their stack is not. */
function holding() {
  const gate = { isHeld: true };
  const unfinished = /<member>(?:(?!<\/member>).)*<\/member>/gs;
  const meddler: Meddler = async ({ operation }, next) => {
    const { headers: { 'content-length': _length, ...headers } = {}, body, ...answer } = await next();
    const text = String(body);
    if (!gate.isHeld || !/^DescribeStack(s|Events)$/.test(operation)) return { ...answer, headers, body };
    const held = text
      .replaceAll(unfinished, (event) =>
        /NatGateway|CloudFormation::Stack/.test(event) && />CREATE_COMPLETE</.test(event) ? '' : event,
      )
      .replaceAll('<StackStatus>CREATE_COMPLETE<', '<StackStatus>CREATE_IN_PROGRESS<');
    return { ...answer, headers, body: held };
  };
  return { gate, meddler };
}

async function operator(endpoint: string): Promise<Shell> {
  const env = { ...accountEnvironment(inject('localCloud'), account), AWS_ENDPOINT_URL: endpoint };
  const PATH = [dirname(process.execPath), process.env.PATH].join(':');
  return await shell(repository.directory, { ...env, PATH });
}

const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
/** Begins with a word of its own: what an earlier run left on the screen does not count. */
const deploy = (word: string) =>
  `clear; echo ${word}; node ${executable} platform deploy --environment dev --layer network`;
const patiently = { timeout: 240_000 };

test('a person is asked, sees how far it is, and can stop it', async () => {
  const { gate, meddler } = holding();
  const { press, seen, isCursorVisible } = await operator(await wire(inject('localCloud').endpoint, meddler));
  const asked = (word: string) =>
    new RegExp(`^${word}\\n[^]*^deploy dev in account ${account}, which AWS bills\\? \\[y/N\\]`, 'm');

  await press(deploy('first'), 'Enter');
  await expect.poll(seen, patiently).toMatch(asked('first'));
  await press('n', 'Enter');
  await expect.poll(seen, patiently).toContain('error[NOT_CONFIRMED]: "n" is not yes');
  await expect.poll(seen, patiently).toContain('hint: ');

  await press(deploy('second'), 'Enter');
  await expect.poll(seen, patiently).toMatch(asked('second'));
  await press('y', 'Enter');
  await expect
    .poll(seen, patiently)
    .toMatch(/^[-\\|/] vendhost-dev-network: \d+ of \d+, .*waiting for EC2::NatGateway/m);
  // Both lines are drawn at once.
  await expect.poll(seen, patiently).toMatch(/^[-\\|/] dev: network: \d/m);
  await press('C-c');
  gate.isHeld = false;
  await expect.poll(seen, patiently).toContain('error[CANCELLED]: cancelled by SIGINT');
  await press('echo "code $?, works"', 'Enter');
  await expect.poll(seen, patiently).toContain('\ncode 130, works');
  const screen = await seen();
  expect(screen).toMatch(/[#$] echo "code \$\?, works"$/m);
  expect(screen).not.toMatch(/^[-\\|/] (vendhost-)?dev/m);
  expect(await isCursorVisible()).toBe(true);
});
