import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readInfrastructure } from '../../../scripts/image/image-files.ts';
import { repository } from '../../builders/repository.ts';

test('reads every file with its bytes and executable bit, links as what they lead to', async () => {
  const directory = await repository({ 'infrastructure/install.sh': '#!/bin/bash\n', 'infrastructure/site.conf': 'a' });
  const root = join(directory, 'infrastructure');
  await mkdir(join(root, 'sub'));
  await writeFile(join(root, 'sub/.hidden'), Buffer.from([0, 255]));
  await symlink('../site.conf', join(root, 'sub/link.conf'));
  expect(await readInfrastructure(directory)).toEqual([
    { path: 'install.sh', executable: true, bytes: Buffer.from('#!/bin/bash\n') },
    { path: 'site.conf', executable: false, bytes: Buffer.from('a') },
    { path: 'sub/.hidden', executable: false, bytes: Buffer.from([0, 255]) },
    { path: 'sub/link.conf', executable: false, bytes: Buffer.from('a') },
  ]);
});

test('refuses what cannot run, with all faults at once', async () => {
  const directory = await repository({ 'infrastructure/preInstall.sh': '#!/bin/bash\r\necho\r\n' });
  await symlink('/etc/passwd', join(directory, 'infrastructure/out'));
  await expect(readInfrastructure(directory)).rejects.toMatchObject({
    code: 'SCRIPTS_INVALID',
    message: '3 faults in infrastructure/',
    details: [
      expect.stringMatching(/^infrastructure\/install\.sh: missing/),
      expect.stringMatching(/^infrastructure\/out: .*symbolic link/),
      expect.stringMatching(/^infrastructure\/preInstall\.sh:1: Windows line end/),
    ],
  });
});
