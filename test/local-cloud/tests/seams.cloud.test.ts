import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { cacheDirectory, pythonDirectory, pythonWith } from '../python.ts';

const scanner = join(import.meta.dirname, 'seam_uses.py');

async function python(...args: string[]) {
  const env = { PYTHONPATH: pythonDirectory, PYTHONPYCACHEPREFIX: join(cacheDirectory, 'pycache') };
  return execa(await pythonWith('requirements.txt', () => undefined), args, { env, reject: false });
}

async function scan(directory: string): Promise<{ unlisted: string[]; unused: string[]; unclear: string[] }> {
  const { stdout } = await python(scanner, directory);
  return JSON.parse(stdout) as Awaited<ReturnType<typeof scan>>;
}

test('the list of seams is what the plug-in uses: nothing more, nothing less', async () => {
  expect(await scan(join(pythonDirectory, 'vendhost_cloud'))).toEqual({ unlisted: [], unused: [], unclear: [] });
});

test('every way to reach a private name is found', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-seams-'));
  await mkdir(join(directory, 'part'));
  const source = `
import os
import ministack.services.kms
from ministack import app
from ministack.services import ec2 as store, s3, sns
from ministack.services.sqs import _xml_resp as queues, _p

class Ours:
    def use(self, anything):
        app.AUTH
        os._exit(1)
        self._own = ministack.services.kms._read
        store._read_too["x"] = app.SERVICE_HANDLERS
        store._written = s3.replaced = None
        setattr(sns, "_by_name", 1)
        getattr(anything, "_hidden")
        getattr(sns, anything)
        anything._hidden
        store._instances._data
        vars(store)
`;
  await writeFile(join(directory, 'part/file.py'), source);
  const { unlisted, unused, unclear } = await scan(directory);
  expect(unlisted).toEqual([
    'ministack.services.ec2._read_too',
    'ministack.services.ec2._written',
    'ministack.services.kms._read',
    'ministack.services.s3.replaced',
    'ministack.services.sns._by_name',
    'ministack.services.sqs._p',
    'ministack.services.sqs._xml_resp',
  ]);
  expect(unused).toContain('ministack.services.kms._resolve_key');
  expect(unclear.map((place) => place.replace(/^part\/file\.py:\d+ /, '')).sort()).toEqual([
    'anything._hidden',
    "getattr(anything, '_hidden')",
    'getattr(sns, anything)',
    'store._instances._data',
    'vars(store)',
  ]);
});

test('the start fails and names every name that is gone', async () => {
  const program = `
import sys
from ministack.core import iam_evaluator
from ministack.services import cloudformation, kms
del kms._resolve_key, iam_evaluator.enforce
sys.modules["ministack.services.acm"] = None
from vendhost_cloud.__main__ import main
main()`;
  const { exitCode, stderr } = await python('-c', program);
  expect(exitCode).toBe(1);
  expect(stderr).toMatchInlineSnapshot(
    `"this version of ministack lacks names that the plug-in uses (see vendhost_cloud/seams.py): ministack.core.iam_evaluator.enforce, ministack.services.acm._certificates, ministack.services.acm._decode_pem_field, ministack.services.acm._get_local_certificate, ministack.services.acm._import_certificate, ministack.services.kms._resolve_key"`,
  );
});
