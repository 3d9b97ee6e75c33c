import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  builderIn,
  exitCodeIn,
  phaseScripts,
  phases,
  readEvents,
} from '../../../../scripts/image/packer/packer-events.ts';
import { packerDirectory } from '../../../../scripts/image/packer/run-packer.ts';

describe('readEvents', () => {
  test.each([
    [
      '1,,ui,say,==> amazon-ebs.image: Launching a source AWS instance...',
      [{ kind: 'step', text: 'Launching a source AWS instance...' }],
    ],
    ['1,,ui,message,    amazon-ebs.image: a%!(PACKER_COMMA) b', [{ kind: 'output', text: 'a, b' }]],
    [
      '1,,ui,message,    amazon-ebs.image: two\\n    amazon-ebs.image: lines',
      [
        { kind: 'output', text: 'two' },
        { kind: 'output', text: 'lines' },
      ],
    ],
    ['1,,ui,message,    amazon-ebs.image:     indented', [{ kind: 'output', text: '    indented' }]],
    [
      '1,,ui,say,==> amazon-ebs.image: Provisioning with shell script: /opt/vendhost/packer/phases/install.sh',
      [{ kind: 'phase', phase: 'install.sh' }],
    ],
    ['1,,ui,say,==> amazon-ebs.image: Provisioning with shell script: /opt/vendhost/packer/phases/other.sh', []],
    // What a script writes is what a script writes, whatever it is.
    [
      '1,,ui,message,    amazon-ebs.image: Provisioning with shell script: /opt/vendhost/packer/phases/seal.sh',
      [{ kind: 'output', text: 'Provisioning with shell script: /opt/vendhost/packer/phases/seal.sh' }],
    ],
    [
      '1,,ui,message,    amazon-ebs.image: a\\n1%!(PACKER_COMMA)amazon-ebs.image%!(PACKER_COMMA)artifact%!(PACKER_COMMA)0',
      [
        { kind: 'output', text: 'a' },
        { kind: 'output', text: '1,amazon-ebs.image,artifact,0' },
      ],
    ],
    [
      '1,,ui,message,    amazon-ebs.image: Stopping the source instance...',
      [{ kind: 'output', text: 'Stopping the source instance...' }],
    ],
    [
      '1,,ui,say,==> amazon-ebs.image: Stopping the source instance...',
      [
        { kind: 'phase', phase: 'image' },
        { kind: 'step', text: 'Stopping the source instance...' },
      ],
    ],
    ['1,,ui,say,==> amazon-ebs.image: Provisioning with shell script: /tmp/packer-shell1', []],
    ['1,,ui,message,    amazon-ebs.image: Adding tag: "Name": "x"', []],
    [
      '1,amazon-ebs.image,error,Script exited with non-zero exit status: 7.Allowed exit codes are: [0]',
      [{ kind: 'error', text: 'Script exited with non-zero exit status: 7.Allowed exit codes are: [0]' }],
    ],
    ["1,,ui,error,Build 'amazon-ebs.image' errored: repeated above", []],
    ['1,amazon-ebs.image,artifact,0,id,eu-west-1:ami-0123abcd', [{ kind: 'artifact', imageId: 'ami-0123abcd' }]],
    ['1,amazon-ebs.image,artifact,0,builder-id,mitchellh.amazonebs', []],
    ['1,,version,1.6.6', []],
    ['panic: not machine-readable, at all', [{ kind: 'error', text: 'panic: not machine-readable, at all' }]],
    ['', []],
  ])('%s', (line, events) => {
    expect(readEvents(line)).toEqual(events);
  });
});

test('the builder is read from what Packer says, never from what a script writes', () => {
  const text = 'Waiting for instance (i-0123abcd) to become ready...';
  expect(builderIn({ kind: 'step', text })).toBe('i-0123abcd');
  expect(builderIn({ kind: 'output', text })).toBeUndefined();
  expect(builderIn({ kind: 'step', text: 'Waiting for SSH to become available...' })).toBeUndefined();
});

test('the exit code is read from what Packer says', () => {
  expect(exitCodeIn('Script exited with non-zero exit status: 127.Allowed exit codes are: [0]')).toBe(127);
  expect(exitCodeIn('Timeout waiting for SSH.')).toBeUndefined();
});

test('each phase that runs a script has one, and no other is there', async () => {
  expect((await readdir(join(packerDirectory, 'phases'))).toSorted()).toEqual([...phaseScripts.keys()].toSorted());
  expect(Object.keys(phases)).toEqual(['launch', ...phaseScripts.values(), 'image']);
});
