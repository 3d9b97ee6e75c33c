import { describe, expect, test } from 'vitest';
import type { GitlabApi } from '../../../scripts/gitlab/api.ts';
import {
  type IssueChange,
  personalPart,
  planTrackedIssue,
  readTrackedIssues,
  type WantedIssue,
  writeTrackedIssues,
} from '../../../scripts/gitlab/tracked-issue.ts';
import { openLocalGitlab } from './open.ts';

const label = 'vendhost-drift';
const marker = '<!-- vendhost:drift:stack ';
const maintainer = { id: 1, username: 'maintainer', name: 'M' };
const drifted = (text: string): WantedIssue => ({
  marker,
  title: 'stack has drifted',
  isOpen: true,
  describe: () => `${marker}x -->\n\n${text}\n`,
});
const repaired: WantedIssue = { ...drifted('as it should be'), isOpen: false };

async function apply(api: GitlabApi, wanted: WantedIssue): Promise<IssueChange['action'][]> {
  const changes = planTrackedIssue(await readTrackedIssues(api, 'acme/shop', label), wanted);
  return (await writeTrackedIssues(api, 'acme/shop', label, changes)).map(({ action }) => action);
}

describe('an issue for what comes and goes', () => {
  test('opens, is updated, closes, opens again, and is written only when something changed', async () => {
    const { api, gitlab, project } = await openLocalGitlab();
    const steps = [repaired, drifted('a'), drifted('a'), drifted('b'), repaired, repaired, drifted('c')];
    const done = [];
    for (const wanted of steps) done.push(await apply(api, wanted));
    expect(done).toEqual([[], ['open'], [], ['update'], ['close'], [], ['reopen']]);
    expect(gitlab.state.discussions.issues(project)).toMatchObject([{ iid: 1, state: 'opened', labels: [label] }]);
  });

  test('keeps what people wrote below the line, and opens again when a person closed it too early', async () => {
    const { api, gitlab, project } = await openLocalGitlab();
    await apply(api, drifted('a'));
    const [issue] = gitlab.state.discussions.issues(project);
    if (issue === undefined) throw new Error('no issue');
    const written = `${issue.description}\n\nAnna looks at it. <!-- vendhost:drift:other -->`;
    gitlab.state.discussions.editIssue(project, issue, { description: written, state: 'closed' });
    expect(await apply(api, drifted('b'))).toEqual(['reopen']);
    const [now] = gitlab.state.discussions.issues(project);
    expect(now?.description).toContain('b\n\n<!-- vendhost: what stands below');
    expect(now?.description).toContain('Anna looks at it.');
    expect(now?.description?.split(personalPart)).toHaveLength(2);
  });

  test('is found among hundreds, closed ones too, and only by label and marker', async () => {
    const { api, gitlab, project } = await openLocalGitlab();
    const { discussions } = gitlab.state;
    const add = (description: string, labels: string[]) =>
      discussions.addIssue(project, maintainer, { title: 'other', description, labels });
    for (let count = 0; count < 150; count += 1) add(`other ${count}`, [label]);
    add(`${marker} -->`, []);
    await apply(api, drifted('a'));
    for (let count = 0; count < 150; count += 1) add(`other ${count}`, [label]);
    expect(await apply(api, repaired)).toEqual(['close']);
    expect(await apply(api, drifted('b'))).toEqual(['reopen']);
    expect(discussions.issues(project)).toHaveLength(302);
  });

  test('is one again when two jobs have opened one each', async () => {
    const { api, gitlab, project } = await openLocalGitlab();
    for (const text of ['a', 'b']) {
      const description = `${marker}x -->\n\n${text}`;
      gitlab.state.discussions.addIssue(project, maintainer, { title: 'twice', description, labels: [label] });
    }
    expect(await apply(api, drifted('a'))).toEqual(['update', 'close']);
    expect(gitlab.state.discussions.issues(project).map(({ state }) => state)).toEqual(['opened', 'closed']);
  });

  test('has a title of at most 255 characters', async () => {
    const { api, gitlab, project } = await openLocalGitlab();
    await apply(api, { ...drifted('a'), title: `${'x'.repeat(254)}😀` });
    expect(gitlab.state.discussions.issues(project)[0]?.title).toHaveLength(255);
  });
});

test.each([
  ['readingToken', 'insufficient_scope'],
  ['guestToken', '403 Forbidden'],
] as const)('a token without rights is refused: %s', async (token, shown) => {
  const { api, as, gitlab } = await openLocalGitlab();
  await apply(api, drifted('a'));
  await expect(apply(as(gitlab[token]), drifted('b'))).rejects.toMatchObject({
    code: 'GITLAB_FORBIDDEN',
    details: [shown],
    hint: expect.stringContaining('Reporter'),
  });
});
