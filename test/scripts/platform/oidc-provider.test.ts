import { expect, test } from 'vitest';
import { isIssuer } from '../../../scripts/platform/oidc-provider.ts';

test.each([
  ['https://gitlab.example.com', true],
  ['https://example.com/gitlab', true],
  ['http://gitlab.example.com', false],
  ['https://gitlab.example.com:8443', false],
  ['https://gitlab.example.com?a=b', false],
  ['https://gitlab.example.com#a', false],
])('AWS can trust %s: %s', (gitlab, expected) => {
  expect(isIssuer(gitlab)).toBe(expected);
});
