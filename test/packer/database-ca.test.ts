import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../packer/base/database-ca.sh');

/** Runs the script with a bundle that has this text, and says what is in the folder then. */
async function install(text: string) {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-ca-'));
  await writeFile(join(directory, 'bundle'), text);
  const file = join(directory, 'vendhost/rds-ca.pem');
  const env = { VENDHOST_RDS_CA_URL: `file://${directory}/bundle`, VENDHOST_RDS_CA_FILE: file, PATH: '/usr/bin:/bin' };
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
