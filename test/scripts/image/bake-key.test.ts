import { describe, expect, test } from 'vitest';
import { bakeInputsSchema } from '../../../scripts/config/stored.ts';
import { bakeInputs, bakeKey, inputChanges } from '../../../scripts/image/bake-key.ts';

const install = { path: 'install.sh', executable: true, bytes: Buffer.from('#!/bin/bash\n') };
const config = { path: 'nginx/site.conf', executable: false, bytes: Buffer.from('listen 80;') };
const base = { path: 'base.sh', executable: true, bytes: Buffer.from('base') };
const template = { path: 'ami.pkr.hcl', executable: false, bytes: Buffer.from('template') };

const parts = {
  place: { environment: 'dev', tenant: 'shop' },
  scripts: [config, install],
  base: [base],
  template: [template],
  sourceAmi: 'ami-1',
  architecture: 'x86_64',
  volumeGib: 16,
  encryptionKey: 'arn:aws:kms:eu-west-1:111111111111:key/1',
  packer: '1.6.6',
};
const inputs = bakeInputs(parts);

describe('bakeKey', () => {
  test('is known for known inputs: it must not change between versions of the command without a reason', () => {
    expect(bakeKey(inputs)).toBe('aa2cfe3929d6fa771d4864e98d2328ac2b3566866d194c6ebbbba8e2bf7546fe');
  });

  test('does not depend on the order of files', () => {
    expect(bakeKey(bakeInputs({ ...parts, scripts: [install, config] }))).toBe(bakeKey(inputs));
  });

  test.each([
    ["a script's bytes", { scripts: [config, { ...install, bytes: Buffer.from('#!/bin/bash\n\n') }] }],
    ["a script's executable bit", { scripts: [config, { ...install, executable: false }] }],
    ["a file's path", { scripts: [{ ...config, path: 'nginx/other.conf' }, install] }],
    ['one more file', { scripts: [config, install, { ...config, path: 'more' }] }],
    ['a base script', { base: [{ ...base, bytes: Buffer.from('other') }] }],
    ['the template', { template: [{ ...template, bytes: Buffer.from('other') }] }],
    ['the source AMI', { sourceAmi: 'ami-2' }],
    ['the architecture', { architecture: 'arm64' }],
    ['the volume', { volumeGib: 17 }],
    ['the encryption key', { encryptionKey: 'arn:aws:kms:eu-west-1:111111111111:key/2' }],
    ["Packer's version", { packer: '1.9.4' }],
    ['the tenant', { place: { environment: 'dev', tenant: 'other' } }],
    ['the environment', { place: { environment: 'staging', tenant: 'shop' } }],
  ])('changes with %s', (_what, change) => {
    expect(bakeKey(bakeInputs({ ...parts, ...change }))).not.toBe(bakeKey(inputs));
  });
});

describe('inputChanges', () => {
  test('is empty for equal inputs, also when they were stored in between', () => {
    const stored = bakeInputsSchema.parse(JSON.parse(JSON.stringify(inputs)));
    expect(stored).toEqual(inputs);
    expect(inputChanges(stored, inputs)).toEqual([]);
  });

  test('names every input that changed', () => {
    const after = bakeInputs({
      ...parts,
      scripts: [
        { ...install, bytes: Buffer.from('other') },
        { ...config, path: 'new.conf' },
      ],
      base: [{ ...base, executable: false }],
      sourceAmi: 'ami-2',
      volumeGib: 32,
      packer: '1.9.4',
    });
    expect(inputChanges(inputs, after)).toEqual([
      'infrastructure/install.sh changed',
      'infrastructure/new.conf is new',
      'infrastructure/nginx/site.conf is gone',
      "the platform's base script base.sh is no longer executable",
      'source AMI changed: ami-1 → ami-2',
      'volume in GiB changed: 16 → 32',
      'Packer changed: 1.6.6 → 1.9.4',
    ]);
  });
});
