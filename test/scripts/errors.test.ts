import { expect, test } from 'vitest';
import { Cancelled, messageOf, VendhostError } from '../../scripts/errors.ts';

test('an error carries its code, hint, details, exit code and cause', () => {
  const cause = new Error('below');
  const error = new VendhostError('HOST_TAKEN', 'shop.example.com is taken', { hint: 'choose another', cause });
  expect(error).toMatchObject({ code: 'HOST_TAKEN', hint: 'choose another', details: [], exitCode: 1, cause });
  expect(String(error)).toBe('VendhostError: shop.example.com is taken');
});

test('cancelled by a signal ends with 128 and its number', () => {
  const codes = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map((signal) => new Cancelled(signal).exitCode);
  expect(codes).toEqual([129, 130, 143]);
});

test.each([
  [new Error('one\n  two'), 'one two'],
  ['text', 'text'],
  ['a text of a service \n', 'a text of a service'],
  [undefined, 'undefined'],
])('messageOf is one line, of whatever was thrown', (thrown, message) => {
  expect(messageOf(thrown)).toBe(message);
});
