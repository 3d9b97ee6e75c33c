/** How GitLab is asked again when it, or a proxy before it, is busy. In milliseconds. */
export interface Patience {
  /** The first wait where GitLab names none; doubles. */
  readonly first: number;
  /** All waits of a call together. */
  readonly most: number;
}

export const patience: Patience = { first: 500, most: 60_000 };

/** An answer that is none of GitLab's API: the page of a proxy or of a sign-in, or half of one. */
export class UnreadableAnswer extends Error {}
