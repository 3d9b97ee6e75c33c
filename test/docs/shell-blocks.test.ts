import { describe, expect, test } from 'vitest';
import { followedPages, readPage, shellBlocks } from './shell-blocks.ts';

describe.each(followedPages)('%s', (page) => {
  test('has no other code than blocks of shell commands, and is short', () => {
    const text = readPage(page);
    expect(shellBlocks(page).length).toBe((text.match(/```/g)?.length ?? 0) / 2);
    expect(text.split('\n').length).toBeLessThan(225);
  });

  test('gives a reason for each block that is not run, and for nothing else', () => {
    const reasons = shellBlocks(page).flatMap(({ notTried }) => notTried ?? []);
    expect(reasons.filter((reason) => reason.length < 10)).toEqual([]);
    expect(reasons.length).toBe(readPage(page).match(/^ *\*\*Not tried:\*\*/gm)?.length ?? 0);
  });
});

test('a reason stands directly above its block', () => {
  const page =
    'a\n\n**Not tried:** no\nroot.\n\n```sh\nb\n```\n\nc **Not tried:** d\n\n   ```sh\n   e\n     f\n   ```\n';
  expect(shellBlocks('x.md', page)).toEqual([
    { place: 'x.md:6', text: 'b\n', notTried: 'no\nroot.' },
    { place: 'x.md:12', text: 'e\n  f\n' },
  ]);
});
