import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const script = join(import.meta.dirname, '../../packer/base/database-ca.sh');

/** Runs the script with a bundle that has this text, or is at this address, and says what is in the folder then. */
async function install(text: string, address?: string) {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-ca-'));
  await writeFile(join(directory, 'bundle'), text);
  const url = address ?? `file://${directory}/bundle`;
  const file = join(directory, 'vendhost/rds-ca.pem');
  const env = { VENDHOST_RDS_CA_URL: url, VENDHOST_RDS_CA_FILE: file, PATH: '/usr/bin:/bin' };
  const { exitCode, all } = await execa('bash', [script], { env, extendEnv: false, all: true, reject: false });
  return { exitCode, all, file, files: await readdir(join(directory, 'vendhost')) };
}

const certificate = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';

test('the bundle is where host.json says it is', async () => {
  const { exitCode, all, file, files } = await install(certificate.repeat(2));
  expect([exitCode, all, files]).toEqual([0, 'RDS certificates: 2', ['rds-ca.pem']]);
  expect(await readFile(file, 'utf8')).toBe(certificate.repeat(2));
});

test('a page of a proxy is no bundle', async () => {
  const { exitCode, all, files } = await install('<html>Sign in</html>');
  expect(exitCode).toBe(1);
  expect(all).toMatch(/^database-ca.sh: no certificate at file:/);
  expect(files).not.toContain('rds-ca.pem');
});

test('a connection that breaks is opened again', async () => {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    if (count === 1) request.socket.resetAndDestroy();
    else response.end(certificate);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { exitCode, all } = await install('', `http://127.0.0.1:${(server.address() as AddressInfo).port}/bundle`);
  expect([exitCode, count], all).toEqual([0, 2]);
});
