import { expect, test } from 'vitest';
import { containedRequests, mostCommits } from '../../../../scripts/gitlab/releases/contained-requests.ts';
import { openLocalGitlab } from '../../gitlab/open.ts';

const id = (number: number) => number.toString(16).padStart(40, '0');

test('the merge requests of all commits between two releases, each once, from every page', async () => {
  const { api, gitlab, project } = await openLocalGitlab();
  const many = Object.fromEntries(Array.from({ length: 130 }, (_, index) => [index + 20, 'merged' as const]));
  const { commits } = gitlab.state;
  commits.add(project, { id: id(1), requests: { 1: 'merged' } });
  commits.add(project, { id: id(2), requests: { 7: 'merged', 9: 'opened' } });
  commits.add(project, { id: id(3), requests: { 7: 'merged', ...many } });
  const found = await containedRequests(api, 'acme/shop', { from: id(1), to: id(3) });
  expect(found).toEqual({ iids: [7, ...Object.keys(many).map(Number)], left: 0 });
});

test('of very many commits the newest are read, and the rest is counted', async () => {
  const { api, gitlab, project } = await openLocalGitlab();
  for (let number = 0; number <= mostCommits + 5; number += 1) {
    gitlab.state.commits.add(project, { id: id(number), requests: { [number + 1]: 'merged' } });
  }
  const { iids, left } = await containedRequests(api, 'acme/shop', { from: id(0), to: id(mostCommits + 5) });
  expect([iids.length, iids[0], left]).toEqual([mostCommits, 7, 5]);
});
