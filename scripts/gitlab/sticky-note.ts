import { VendhostError } from '../errors.ts';
import type { GitlabApi } from './api.ts';

/** A note of a merge request that is written once and then edited, whoever else writes how many notes. */
export interface StickyNotePlace {
  /** Path or id of the project that the merge request is in. */
  readonly project: string;
  readonly mergeRequest: number;
  /** How the note begins, and no other note of its author: a comment that GitLab does not show. */
  readonly marker: string;
}

/** A note, as far as it matters here (https://docs.gitlab.com/api/notes/#list-all-merge-request-notes). */
export interface PresentNote {
  readonly id: number;
  readonly body: string;
  readonly author: number;
}

/** What has to be done so that there is one note with this body. */
export interface StickyNotePlan {
  readonly action: 'create' | 'update' | 'none';
  readonly body: string;
  /** The note that stays; absent when there is none yet. */
  readonly id?: number;
  /** Notes of an earlier race of two jobs. */
  readonly remove: readonly number[];
}

export interface WrittenNote {
  readonly action: 'created' | 'updated' | 'unchanged';
  readonly id: number;
}

/** Of the calls about a merge request's notes. */
export const noteHints = {
  403: 'VENDHOST_GITLAB_TOKEN needs the role Reporter or higher in the project of the merge request, and the scope api',
  404: 'VENDHOST_GITLAB_TOKEN may not see the merge request, or there is none: it needs the role Reporter in its project',
};

/** Of the author's notes that begin with the marker the oldest stays; `bodyOf` gets what it says now. */
export function planStickyNote(
  notes: readonly PresentNote[],
  { author, marker }: { author: number; marker: string },
  bodyOf: (former: string | undefined) => string,
): StickyNotePlan {
  const [first, ...others] = notes
    .filter((note) => note.author === author && note.body.startsWith(marker))
    .toSorted((one, other) => one.id - other.id);
  const body = bodyOf(first?.body);
  if (first === undefined) return { action: 'create', body, remove: [] };
  // GitLab cuts white space off the end of what it is given.
  const action = first.body.trimEnd() === body.trimEnd() ? 'none' : 'update';
  return { action, body, id: first.id, remove: others.map(({ id }) => id) };
}

/**
 * Writes the note: creates it, or edits the one that is there; reads all notes, and writes nothing when nothing changed. A
 * job's own token cannot do this: it may only read (`lib/api/helpers/notes_helpers.rb`). Throws `GITLAB_FORBIDDEN` when the
 * token may not write notes.
 */
export async function writeStickyNote(
  api: GitlabApi,
  { project, mergeRequest, marker }: StickyNotePlace,
  bodyOf: (former: string | undefined) => string,
): Promise<WrittenNote> {
  const place = `of the merge request !${mergeRequest} of ${project}`;
  const author = await api.call("read the token's user", (client) => client.Users.showCurrentUser(), noteHints);
  const notes = await api.call(
    `read the notes ${place}`,
    // Oldest first: what is written meanwhile moves no note to another page.
    (client) =>
      client.MergeRequestNotes.all(project, mergeRequest, { sort: 'asc', orderBy: 'created_at', perPage: 100 }),
    noteHints,
  );
  const present = notes
    .filter(({ system }) => !system)
    .map((note): PresentNote => ({ id: note.id, body: note.body, author: note.author.id }));
  const { action, body, id, remove } = planStickyNote(present, { author: author.id, marker }, bodyOf);
  let written = id;
  if (id === undefined) {
    const made = await api.call(
      `write a note ${place}`,
      (client) => client.MergeRequestNotes.create(project, mergeRequest, body),
      noteHints,
    );
    written = made.id;
  } else if (action === 'update') {
    await api.call(
      `edit the note ${id} ${place}`,
      (client) => client.MergeRequestNotes.edit(project, mergeRequest, id, { body }),
      noteHints,
    );
  }
  for (const other of remove) {
    const removal = api.call(
      `remove the note ${other} ${place}`,
      (client) => client.MergeRequestNotes.remove(project, mergeRequest, other),
      noteHints,
    );
    // The other job of the race has removed it.
    await removal.catch((thrown: unknown) => {
      if (!(thrown instanceof VendhostError && thrown.code === 'GITLAB_PROJECT_UNKNOWN')) throw thrown;
    });
  }
  const done = { create: 'created', update: 'updated', none: 'unchanged' } as const;
  return { action: done[action], id: written ?? 0 };
}
