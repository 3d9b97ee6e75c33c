import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeIn, phaseScripts, phases, readEvents } from '../../../../scripts/image/packer/packer-events.ts';
import { packerDirectory } from '../../../../scripts/image/packer/run-packer.ts';

describe('readEvents', () => {
  test.each([
    [
      '1,,ui,say,==> null.builder: Waiting for SSH to become available...',
      [{ kind: 'step', text: 'Waiting for SSH to become available...' }],
    ],
    ['1,,ui,message,    null.builder: a%!(PACKER_COMMA) b', [{ kind: 'output', text: 'a, b' }]],
    [
      '1,,ui,message,    null.builder: two\\n    null.builder: lines',
      [
        { kind: 'output', text: 'two' },
        { kind: 'output', text: 'lines' },
      ],
    ],
    ['1,,ui,message,    null.builder:     indented', [{ kind: 'output', text: '    indented' }]],
    [
      '1,,ui,say,==> null.builder: Provisioning with shell script: /opt/vendhost/packer/phases/install.sh',
      [{ kind: 'phase', phase: 'install.sh' }],
    ],
    ['1,,ui,say,==> null.builder: Provisioning with shell script: /opt/vendhost/packer/phases/other.sh', []],
    // What a script writes is what a script writes, whatever it is.
    [
      '1,,ui,message,    null.builder: Provisioning with shell script: /opt/vendhost/packer/phases/seal.sh',
      [{ kind: 'output', text: 'Provisioning with shell script: /opt/vendhost/packer/phases/seal.sh' }],
    ],
    [
      '1,,ui,message,    null.builder: a\\n1%!(PACKER_COMMA)null.builder%!(PACKER_COMMA)artifact%!(PACKER_COMMA)0',
      [
        { kind: 'output', text: 'a' },
        { kind: 'output', text: '1,null.builder,artifact,0' },
      ],
    ],
    [
      '1,,ui,message,    null.builder: Stopping the source instance...',
      [{ kind: 'output', text: 'Stopping the source instance...' }],
    ],
    ['1,,ui,say,==> null.builder: Provisioning with shell script: /tmp/packer-shell1', []],
    [
      '1,null.builder,error,Script exited with non-zero exit status: 7.Allowed exit codes are: [0]',
      [{ kind: 'error', text: 'Script exited with non-zero exit status: 7.Allowed exit codes are: [0]' }],
    ],
    ["1,,ui,error,Build 'null.builder' errored: repeated above", []],
    ['1,null.builder,artifact,0,id,Null', []],
    ['1,,version,1.6.6', []],
    ['panic: not machine-readable, at all', [{ kind: 'error', text: 'panic: not machine-readable, at all' }]],
    ['', []],
  ])('%s', (line, events) => {
    expect(readEvents(line)).toEqual(events);
  });
});

test('the exit code is read from what Packer says', () => {
  expect(exitCodeIn('Script exited with non-zero exit status: 127.Allowed exit codes are: [0]')).toBe(127);
  expect(exitCodeIn('Timeout waiting for SSH.')).toBeUndefined();
});

test('each phase that runs a script has one, and no other is there', async () => {
  expect((await readdir(join(packerDirectory, 'phases'))).toSorted()).toEqual([...phaseScripts.keys()].toSorted());
  expect(Object.keys(phases)).toEqual(['launch', ...phaseScripts.values(), 'image']);
});
