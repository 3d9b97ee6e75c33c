import { expect, test } from 'vitest';
import { reportedPush } from '../../../scripts/webhook/reported-push.ts';
import { errorIn, vendhost } from '../command-line.ts';

const place = ['--tenant', 'shop', '--environment', 'dev'];
const env = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'access', AWS_SECRET_ACCESS_KEY: 'secret' };

test.each([
  [undefined],
  ['{}'],
  ['no json'],
  [
    JSON.stringify({
      commit: '--upload-pack=sh',
      branch: 'dev',
      author: '',
      message: '',
      delivery: 'd',
    }),
  ],
])('a build of a push that is %j builds nothing', async (push) => {
  const ended = await vendhost(['webhook', 'intake', ...place], { env: { ...env, VENDHOST_PUSH: push } });
  expect(errorIn(ended)).toBe('PUSH_UNREADABLE');
});

test('the repository of a push is the one that the platform has cloned', () => {
  const push = { commit: 'a'.repeat(40), branch: 'dev', author: 'Jo', message: '', delivery: 'd'.repeat(64) };
  const reported = { ...push, repository: 'https://elsewhere.example.com/acme/shop' };
  const variables = {
    VENDHOST_PUSH: JSON.stringify(reported),
    VENDHOST_REPOSITORY: 'https://gitlab.example.com/acme/shop.git',
  };
  expect(reportedPush({ env: variables })).toEqual({ ...push, repository: 'https://gitlab.example.com/acme/shop' });
});

test.each([
  [undefined],
  ['infrastructure/blog/intake/0123456789abcdef-a.tar.gz'],
  ['infrastructure/shop/intake/notes.txt'],
])('a build of a machine of %j builds nothing', async (key) => {
  const ended = await vendhost(['webhook', 'machine', ...place], { env: { ...env, VENDHOST_MACHINE_KEY: key } });
  expect(errorIn(ended)).toBe('PUSH_UNREADABLE');
});
