import { describe, expect, test } from 'vitest';
import { exitCodeIn, readEvents, securityGroupIn } from '../../../../scripts/image/packer/packer-events.ts';

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
    ['1,,ui,message,    amazon-ebs.image: vendhost-phase: install.sh', [{ kind: 'phase', phase: 'install.sh' }]],
    ['1,,ui,message,    amazon-ebs.image: vendhost-phase: other', [{ kind: 'output', text: 'vendhost-phase: other' }]],
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

test('the security group and the exit code are read from what Packer says', () => {
  expect(securityGroupIn('Creating temporary security group for this instance: packer_6b03-9')).toBe('packer_6b03-9');
  expect(securityGroupIn('Deleting temporary security group...')).toBeUndefined();
  expect(exitCodeIn('Script exited with non-zero exit status: 127.Allowed exit codes are: [0]')).toBe(127);
  expect(exitCodeIn('Timeout waiting for SSH.')).toBeUndefined();
});
