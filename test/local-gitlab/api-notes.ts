import { type Answer, type Call, forbidden, given, missing, notAllowed, notFound } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import type { User } from './discussions.ts';
import { page } from './paging.ts';

/** `Gitlab::Database::MAX_TEXT_SIZE_LIMIT` */
const mostCharacters = 1_000_000;
/** `Noteable::MAX_NOTES_LIMIT`; GitLab's own notes come on top. */
const mostNotes = 5_000;

/**
 * `/projects/:id/merge_requests/:iid/notes` and below (https://docs.gitlab.com/api/notes/), by the rules of `lib/api/notes.rb`
 * and `lib/api/helpers/notes_helpers.rb`: who sees the merge request may write, its author or a Maintainer may edit and delete.
 */
export function onNotes(call: Call, state: GitlabState, project: Project, url: URL, user: User): Answer {
  const [, , , iidText = '', list, noteText, ...rest] = call.path;
  const iid = Number(iidText);
  const { discussions } = state;
  const notes = discussions.notes(project, iid);
  const role = state.roleIn(project, user.level);
  const maySee = role >= 20 || project.visibility !== 'private';
  if (notes === undefined || !maySee) return notFound('MergeRequest Not Found');
  if (list !== 'notes' || rest.length > 0) return notFound('Not Found');
  const values = given(call);
  if (noteText === undefined) {
    if (call.method === 'GET') return page(sorted(notes, call.query), call.query, url);
    if (call.method !== 'POST') return notAllowed();
    const absent = missing(values, 'body');
    if (absent !== undefined) return absent;
    const body = discussions.taken(String(values.body));
    // Only quick actions: they are done, and there is no note.
    if (body === '' && String(values.body).trim() !== '') return { status: 202, body: { commands_changes: {} } };
    const faults = faultOf(body);
    if (faults !== undefined) return faults;
    if (notes.filter(({ system }) => !system).length >= mostNotes) {
      return refused(':base=>["Maximum number of comments exceeded"]');
    }
    return { status: 201, body: discussions.addNote(project, iid, user, body) };
  }
  const note = notes.find(({ id }) => String(id) === noteText);
  if (note === undefined) return notFound('Not found');
  if (call.method === 'GET') return { status: 200, body: note };
  if (note.author.id !== user.id && role < 40) return forbidden();
  if (call.method === 'DELETE') {
    discussions.removeNote(project, iid, note);
    return { status: 204 };
  }
  if (call.method !== 'PUT') return notAllowed();
  const body = discussions.taken(String(values.body ?? note.body));
  return faultOf(body) ?? { status: 200, body: discussions.editNote(project, iid, note, body) };
}

function sorted<Item extends { id: number; system: boolean }>(notes: readonly Item[], query: URLSearchParams): Item[] {
  const shown = notes.filter(({ system }) => query.get('activity_filter') !== 'only_comments' || !system);
  const newest = query.get('sort') !== 'asc';
  return shown.toSorted((one, other) => (newest ? other.id - one.id : one.id - other.id));
}

function faultOf(body: string): Answer | undefined {
  if (body === '') return refused(':note=>["can\'t be blank"]');
  if (isLongerThan(body, mostCharacters)) {
    return refused(`:note=>["is too long (maximum is ${mostCharacters} characters)"]`);
  }
  return undefined;
}

/** Whether a text has more characters than that; what JavaScript counts twice is one of them. */
export function isLongerThan(text: string, most: number): boolean {
  return text.length > most && [...text].length > most;
}

function refused(faults: string): Answer {
  return { status: 400, body: { message: `400 Bad request - Note {${faults}}` } };
}
