import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test, vi } from 'vitest';
import { bakeImage } from '../../scripts/image/bake/bake-image.ts';
import { cloudAccount } from '../builders/account.ts';
import { makeImage } from '../builders/image.ts';
import { makePlatform, type Platform } from '../builders/platform.ts';
import { repository, soundTenant } from '../builders/repository.ts';
import { admitTenant } from '../builders/tenant.ts';
import { type Installed, installPacked, linkCheckout, type Node, nodes } from './install.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
let all: Node[];
let installed: Installed;
let linked: string;
let home: string;
let platform: Platform;
let image: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vendhost-home-'));
  const bringing = nodes();
  installed = await installPacked(home);
  linked = await linkCheckout(join(home, 'linked'));
  all = await bringing;
  platform = await makePlatform(cloudAccount('100000000713'), { network: true, balancers: 1 });
  await admitTenant(platform, 'shop');
  image = await makeImage(platform, 'shop');
});

/** Runs a command line with this Node as somebody does who has no other, in a shell of their own. */
async function run(node: Node, executable: string, cwd: string, words: readonly string[], env = {}) {
  const PATH = [dirname(node.executable), process.env.PATH].join(delimiter);
  const own = { PATH, HOME: home, TMPDIR: home, ...env };
  return await execa(executable, [...words], { cwd, env: own, extendEnv: false, reject: false });
}

const pipeline = `include:
  - component: $CI_SERVER_FQDN/platform/vendhost/tenant@v0.1.0
    inputs: { tenant: shop, image: registry.example.com/vendhost }
`;

test('the package has what the command needs and nothing else', async () => {
  const folder = join(dirname(installed.project), '../vendhost');
  expect((await readdir(folder)).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin',
    'cdk',
    'ci-templates',
    'package.json',
    'packer',
    'scripts',
  ]);
  const files = await readdir(folder, { recursive: true });
  expect(files.filter((file) => /\.test\.|tsconfig|(^|\/)node_modules\//.test(file))).toEqual([]);
});

test('engines says which Nodes these are', async () => {
  const { engines } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(engines.node).toBe('^20.19.0 || ^22.12.0 || >=24');
  expect(all.map(({ version }) => version.split('.')[0])).toEqual(['20', '22', '22', '24']);
});

test('helps and checks a checkout on each Node', async () => {
  const directory = await repository(soundTenant);
  const ended = await Promise.all(
    all.map(async (node) => {
      const help = await run(node, installed.project, directory, ['--help']);
      const check = await run(node, installed.project, directory, ['config', 'check']);
      return [node.version, help.exitCode, help.stderr, help.stdout, check.exitCode, check.stdout];
    }),
  );
  const helped = expect.stringContaining('vendhost <noun> <verb>');
  const checked = expect.stringContaining('no fault');
  expect(ended).toEqual(all.map(({ version }) => [version, 0, '', helped, 0, checked]));
});

test.each(['global', 'linked'] as const)('starts on the oldest Node when it is installed %s', async (how) => {
  const [oldest] = all as [Node];
  const ended = await run(oldest, how === 'linked' ? linked : installed.global, home, ['--version']);
  expect([ended.exitCode, ended.stderr, ended.stdout]).toEqual([0, '', expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});

test('reads templates, starts threads, synthesizes stacks and hashes what is baked', async () => {
  const directory = await repository({
    ...soundTenant,
    '.gitlab-ci.yml': pipeline,
    'vendhost.yml': 'instances: { min: 0, max: 1 }\n',
    // Enough for worker threads.
    'software/data.bin': randomBytes(5 * 1024 ** 2),
  });
  const vendhost = async (node: Node, noun: string, verb: string, ...words: string[]) => {
    const where = noun === 'ci' ? [] : ['--tenant', 'shop', '--environment', 'dev'];
    const command = [noun, verb, ...where, ...words, '--json'];
    const { exitCode, stdout, stderr } = await run(node, installed.project, directory, command, platform.env);
    expect([node.version, noun, stderr, exitCode]).toEqual([
      node.version,
      noun,
      expect.not.stringContaining('error'),
      words.includes('--dry-run') ? 2 : 0,
    ]);
    return JSON.parse(stdout);
  };
  const [oldest, newest] = [all[0], all.at(-1)] as [Node, Node];
  const planned = await vendhost(newest, 'revision', 'push', '--dry-run');
  const [explained, pushed, provisioned, baked] = await Promise.all([
    vendhost(oldest, 'ci', 'explain', '--branch', 'dev'),
    vendhost(oldest, 'revision', 'push'),
    vendhost(oldest, 'host', 'provision', '--image', image, '--dry-run'),
    vendhost(oldest, 'image', 'bake', '--dry-run'),
  ]);
  expect(explained.jobs).toContainEqual(expect.objectContaining({ name: 'bake', runs: true }));
  expect(pushed).toMatchObject({ uploaded: true, revisionKey: `software/shop/${planned.sha256}.zip` });
  expect(provisioned).toMatchObject({ changed: true });
  const checkout = platform.runtime();
  await bakeImage(checkout, { tenant: 'shop', environment: 'dev', directory, dryRun: true });
  expect(baked).toMatchObject({ bakeKey: JSON.parse(checkout.printed()).bakeKey });
});
