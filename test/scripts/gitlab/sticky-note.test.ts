import { describe, expect, test } from 'vitest';
import { planStickyNote, writeStickyNote } from '../../../scripts/gitlab/sticky-note.ts';
import { openLocalGitlab } from './open.ts';

const marker = '<!-- vendhost:mr-plan ';
const place = { project: 'acme/shop', mergeRequest: 7, marker };
const body = (text: string) => `${marker}x -->\n\n${text}`;
const somebody = { id: 99, username: 'anna', name: 'Anna' };

async function open() {
  const opened = await openLocalGitlab();
  const { discussions } = opened.gitlab.state;
  const { project } = opened;
  return {
    ...opened,
    discussions,
    comment: (text: string, author = somebody, system = false) =>
      discussions.addNote(project, 7, author, text, system).id,
    bodies: () =>
      (discussions.notes(project, 7) ?? []).filter(({ author }) => author.id !== 99).map((note) => note.body),
  };
}

describe('the note of a merge request', () => {
  test('is written, edited in place with what it said before, and left alone when nothing changed', async () => {
    const { api, bodies } = await open();
    const first = await writeStickyNote(api, place, () => body('one'));
    const heard: (string | undefined)[] = [];
    const second = await writeStickyNote(api, place, (former) => {
      heard.push(former);
      return body('two\n');
    });
    const third = await writeStickyNote(api, place, () => body('two\n'));
    expect([first.action, second.action, third.action]).toEqual(['created', 'updated', 'unchanged']);
    expect([first.id, second.id]).toEqual([third.id, third.id]);
    expect(heard).toEqual([body('one')]);
    expect(bodies()).toEqual([body('two')]);
  });

  test('is found behind a thousand others, on whatever page', async () => {
    const { api, comment, bodies } = await open();
    for (let count = 0; count < 600; count += 1) comment(`comment ${count}`);
    await writeStickyNote(api, place, () => body('one'));
    for (let count = 0; count < 600; count += 1) comment(`comment ${count}`, somebody, count % 2 === 0);
    expect((await writeStickyNote(api, place, () => body('two'))).action).toBe('updated');
    expect(bodies()).toEqual([body('two')]);
  });

  test('is none that somebody else has written, or quotes', async () => {
    const { api, comment, bodies, discussions, project } = await open();
    comment(body('of somebody else'));
    await writeStickyNote(api, place, () => body('one'));
    discussions.addNote(project, 7, { id: 1, username: 'maintainer', name: 'M' }, `> ${body('quoted')}`);
    await writeStickyNote(api, place, () => body('two'));
    expect(bodies()).toEqual([body('two'), `> ${body('quoted')}`]);
    expect(discussions.notes(project, 7)?.[0]?.body).toBe(body('of somebody else'));
  });

  test('is one again when two jobs have written one each: the oldest', async () => {
    const { api, bodies, discussions, project } = await open();
    const { id } = await writeStickyNote(api, place, () => body('one'));
    for (const text of ['two', 'three']) {
      discussions.addNote(project, 7, { id: 1, username: 'maintainer', name: 'M' }, body(text));
    }
    expect(await writeStickyNote(api, place, () => body('one'))).toEqual({ action: 'unchanged', id });
    expect(bodies()).toEqual([body('one')]);
  });

  test('is written, too, when the other job has removed the second one first', async () => {
    const { api, bodies, discussions, project } = await open();
    const { id } = await writeStickyNote(api, place, () => body('one'));
    discussions.addNote(project, 7, { id: 1, username: 'maintainer', name: 'M' }, body('two'));
    const raced: typeof api = {
      ...api,
      call: async (what, work, hints) => {
        if (what.startsWith('remove')) await api.call(what, work, hints);
        return await api.call(what, work, hints);
      },
    };
    expect(await writeStickyNote(raced, place, () => body('one'))).toEqual({ action: 'unchanged', id });
    expect(bodies()).toEqual([body('one')]);
  });

  test('may be written by a Reporter', async () => {
    const { as, gitlab } = await open();
    expect((await writeStickyNote(as(gitlab.reporterToken), place, () => body('one'))).action).toBe('created');
  });
});

test.each([
  ['a token that only reads', 'readingToken', 7, 'GITLAB_FORBIDDEN', 'scope api'],
  ['a Guest, who does not see the merge request', 'guestToken', 7, 'GITLAB_PROJECT_UNKNOWN', 'Reporter'],
  ['a merge request that is not there', 'token', 8, 'GITLAB_PROJECT_UNKNOWN', 'or there is none'],
] as const)('%s: %s', async (_, token, mergeRequest, code, hint) => {
  const { as, gitlab } = await open();
  await expect(writeStickyNote(as(gitlab[token]), { ...place, mergeRequest }, () => body('one'))).rejects.toMatchObject(
    { code, hint: expect.stringContaining(hint) },
  );
});

test('a note that is too long, and one too many, are refused by what GitLab says', async () => {
  const { api, comment } = await open();
  await expect(writeStickyNote(api, place, () => body('x'.repeat(1_000_000)))).rejects.toMatchObject({
    code: 'GITLAB_REFUSED',
    details: [expect.stringContaining('too long (maximum is 1000000 characters)')],
  });
  for (let count = 0; count < 5_000; count += 1) comment('full');
  await expect(writeStickyNote(api, place, () => body('one'))).rejects.toMatchObject({
    details: [expect.stringContaining('Maximum number of comments exceeded')],
  });
});

test('the plan is data: what is done, with which note, and which go', () => {
  const note = (id: number, author: number, text: string) => ({ id, author, body: text });
  const notes = [note(5, 1, body('b')), note(4, 2, body('b')), note(3, 1, body('a')), note(2, 1, 'else')];
  expect(planStickyNote(notes, { author: 1, marker }, (former) => `${former}!`)).toEqual({
    action: 'update',
    id: 3,
    body: `${body('a')}!`,
    remove: [5],
  });
  expect(planStickyNote([], { author: 1, marker }, (former) => String(former))).toEqual({
    action: 'create',
    body: 'undefined',
    remove: [],
  });
});
