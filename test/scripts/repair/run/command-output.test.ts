import { expect, test } from 'vitest';
import type { Aws } from '../../../../scripts/aws/session.ts';
import { keyOfUrl, wholeOutput } from '../../../../scripts/repair/run/command-output.ts';
import { recorder } from '../../../builders/recorder.ts';

const url = 'https://s3.eu-west-1.amazonaws.com/bucket/vendhost/commands/c/i-0a/awsrunShellScript/stdout';
const key = 'vendhost/commands/c/i-0a/awsrunShellScript/stdout';

/** A bucket with this one object; `undefined` for one that may not be read. */
function bucketWith(text: string | undefined): { readonly aws: Aws; readonly read: string[] } {
  const read: string[] = [];
  const send = async ({ input }: { input: { Key: string } }) => {
    read.push(input.Key);
    if (text === undefined) throw Object.assign(new Error('not yours'), { name: 'AccessDenied' });
    return { Body: { transformToString: async () => text } };
  };
  return { aws: { s3: async () => ({ send }) } as unknown as Aws, read };
}

test('a short output is whole, and nothing is read for it', async () => {
  const { aws, read } = bucketWith('never');
  const { out } = recorder();
  expect(await wholeOutput(aws, 'bucket', { text: 'ok\n', url }, out)).toBe('ok\n');
  expect(read).toEqual([]);
});

test.each([
  ['as long as an answer holds', 'x'.repeat(24_000)],
  ['as long as an answer holds of stderr', 'x'.repeat(8000)],
  ['marked as cut', 'x\n---Output truncated---'],
  ['marked as a cut error', 'x\n---Error truncated----'],
])('an output %s is read whole from the bucket', async (_what, text) => {
  const { aws, read } = bucketWith('all of it');
  expect(await wholeOutput(aws, 'bucket', { text, url }, recorder().out)).toBe('all of it');
  expect(read).toEqual([key]);
});

test('when the bucket cannot be read there is the beginning, and a warning that says so', async () => {
  const text = 'x'.repeat(24_000);
  const runtime = recorder();
  expect(await wholeOutput(bucketWith(undefined).aws, 'bucket', { text, url }, runtime.out)).toBe(text);
  expect(runtime.progress().join('\n')).toContain(
    `warning: the output may be cut: s3://bucket/${key} cannot be read: `,
  );
});

test('a cut output of which nobody has the rest is said to be cut', async () => {
  const runtime = recorder();
  const cut = { text: 'x\n---Output truncated---', url: '' };
  expect(await wholeOutput(bucketWith('never').aws, '', cut, runtime.out)).toBe(cut.text);
  expect(runtime.progress()).toEqual(['warning: the output is cut: Systems Manager names no object with all of it']);
});

test.each([
  [url, key],
  ['https://bucket.s3.eu-west-1.amazonaws.com/a%20b', 'a b'],
  ['https://s3.eu-west-1.amazonaws.com/other/a', undefined],
  ['', undefined],
])('the key in %j', (address, expected) => {
  expect(keyOfUrl('bucket', address)).toBe(expected);
});
