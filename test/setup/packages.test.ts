import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missingPackages } from './packages.ts';

test('names the Debian packages of programs that are not on the path', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vendhost-path-'));
  for (const program of ['git', 'mount', 'python3', 'unshare', 'unzip'])
    symlinkSync('/bin/sh', join(directory, program));
  expect(missingPackages(`/nowhere:${directory}`)).toEqual(['packer', 'rsync', 'openssh-client', 'tmux']);
});
