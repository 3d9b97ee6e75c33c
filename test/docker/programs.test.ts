import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../docker/programs.sh');

/** Says its version, and keeps a plug-in where Packer 1.11 and later would. */
const packer = `#!/bin/sh
case "$1" in
version) echo 'Packer v1.14.2' ;;
plugins) mkdir -p "$PACKER_PLUGIN_PATH/$5" && cp "$4" "$PACKER_PLUGIN_PATH/$5/" ;;
esac
`;
const plugin = 'packer-plugin-amazon_v1.3.9_x5.0_linux_amd64';
const executable = { os: 3, attrs: 0o755 << 16 };

/** What HashiCorp's and Amazon's release servers have, at addresses of the same form. */
const releases = new Map<string, Uint8Array>();
const server = createServer((request, response) => {
  const found = releases.get(request.url ?? '');
  if (request.url?.startsWith('/half/')) {
    // More is announced than comes.
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.destroy());
    return;
  }
  if (request.url?.startsWith('/moved/')) return void response.writeHead(302, { location: request.url.slice(6) }).end();
  response.writeHead(found === undefined ? 404 : 200).end(found);
});
let address: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  releases.set(
    '/packer/1.14.2/packer_1.14.2_linux_amd64.zip',
    zipSync({ packer: [strToU8(packer), executable], 'LICENSE.txt': strToU8('Business Source License 1.1') }),
  );
  releases.set(
    '/packer-plugin-amazon/1.3.9/packer-plugin-amazon_1.3.9_linux_amd64.zip',
    zipSync({ [plugin]: [strToU8('#!/bin/sh\n'), executable] }),
  );
  releases.set('/plugin/1.2.896.0/ubuntu_64bit/session-manager-plugin.deb', await sessionManagerPlugin());
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function sessionManagerPlugin(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'vendhost-deb-'));
  const files = {
    'DEBIAN/control':
      'Package: session-manager-plugin\nVersion: 1.2.896.0\nArchitecture: amd64\nMaintainer: nobody\nDescription: x\n',
    'usr/local/sessionmanagerplugin/bin/session-manager-plugin': '#!/bin/sh\necho 1.2.896.0\n',
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  await execa('dpkg-deb', ['--build', '--root-owner-group', folder, `${folder}.deb`]);
  return readFileSync(`${folder}.deb`);
}

/** Arguments of the Dockerfile for one program. */
function argument(name: string, path: string, checksum = sha256(path)): Record<string, string> {
  return { [`${name}_URL`]: `${address}${path}`, [`${name}_SHA256`]: checksum };
}

function sha256(path: string): string {
  return createHash('sha256')
    .update(releases.get(path) ?? '')
    .digest('hex');
}

async function programs(env: Readonly<Record<string, string>>) {
  const target = join(mkdtempSync(join(tmpdir(), 'vendhost-programs-')), 'local');
  const { exitCode, all } = await execa(script, [target], { env, all: true, reject: false });
  const files = readdirSync(target, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? join(entry.parentPath, entry.name).slice(target.length + 1) : [],
  );
  return { exitCode, all, files: files.sort() };
}

const packerPath = '/packer/1.14.2/packer_1.14.2_linux_amd64.zip';
const pluginPath = '/packer-plugin-amazon/1.3.9/packer-plugin-amazon_1.3.9_linux_amd64.zip';
const sessionPath = '/plugin/1.2.896.0/ubuntu_64bit/session-manager-plugin.deb';

describe('programs of the image that Debian does not have', () => {
  test('none without an argument', async () => {
    expect(await programs({})).toEqual({ exitCode: 0, all: '', files: [] });
  });

  test('Packer, its plug-in and the Session Manager plug-in, by address and checksum', async () => {
    const { exitCode, all, files } = await programs({
      ...argument('PACKER', packerPath),
      ...argument('PACKER_PLUGIN_AMAZON', pluginPath),
      ...argument('SESSION_MANAGER_PLUGIN', sessionPath),
    });
    expect(exitCode, all).toBe(0);
    expect(all).toContain('Packer v1.14.2');
    expect(files).toEqual([
      'bin/packer',
      'bin/session-manager-plugin',
      `lib/packer-plugins/github.com/hashicorp/amazon/${plugin}`,
    ]);
  });

  test.each([
    ['another checksum', { PACKER_SHA256: 'a'.repeat(64) }, `has the checksum `],
    ['no checksum', { PACKER_SHA256: '' }, 'needs its SHA-256 checksum, 64 hexadecimal digits, not ""'],
    ['nothing there', { PACKER_URL: 'gone.zip' }, 'HTTP status 404'],
    ['half of it', { PACKER_URL: 'half/packer.zip' }, /^cannot download http:.*half\/packer\.zip: [^\n]+$/],
    ['moved to something else', { PACKER_URL: `moved${pluginPath}` }, 'has the checksum'],
    ['no address', { PACKER_URL: 'http://$(reboot) x' }, 'cannot download http://$(reboot) x: '],
  ])('%s: nothing is installed', async (_what, wrong: Record<string, string>, message: string | RegExp) => {
    const given: Record<string, string> = { ...argument('PACKER', packerPath), ...wrong };
    const PACKER_URL = given.PACKER_URL?.startsWith('http') ? given.PACKER_URL : `${address}/${given.PACKER_URL}`;
    const { exitCode, all, files } = await programs({ ...given, PACKER_URL });
    expect([exitCode, files]).toEqual([1, []]);
    expect(all).toMatch(message);
  });

  test("the plug-in is refused with Debian's Packer, which has no plug-ins", async () => {
    const { exitCode, all } = await programs(argument('PACKER_PLUGIN_AMAZON', pluginPath));
    expect([exitCode, all]).toEqual([
      1,
      'PACKER_PLUGIN_AMAZON_URL needs PACKER_URL: Packer 1.6.6 of Debian has no plug-ins',
    ]);
  });
});
