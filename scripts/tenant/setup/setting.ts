import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { isTaken, type PlannedCall, sendCall } from '../../gitlab/http/planned-call.ts';
import type { Output } from '../../output.ts';

/** One call that sets something of a tenant's project. */
export interface Setting {
  /** What it does, for people: `environment production: create, tier production`. */
  readonly what: string;
  readonly call: PlannedCall;
  /** Whether it comes before the roles: what trust in the project's jobs depends on, and what that needs. */
  readonly when: 'before' | 'after';
  /** Set if an older GitLab, one of another tier, or one that gives the token fewer rights refuses it: that is reported, and is no error. */
  readonly optional?: true;
}

/** Sends the settings, one after another. What already exists counts as done. */
export async function applySettings(out: Output, gitlab: GitlabApi, settings: readonly Setting[]): Promise<void> {
  for (const { what, call, optional } of settings) {
    const refusal = await sendCall(gitlab, `set ${what}`, call, hints).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (refusal === undefined) out.step(`${what}: done`);
    else if (call.method === 'DELETE' && isGoneAlready(refusal)) out.step(`${what}: it was already removed`);
    else if (isTaken(refusal)) out.step(`${what}: it already existed`);
    else if (optional === true && isUnavailable(refusal)) out.step(`${what}: left out, ${refusal.message}`);
    else throw refusal;
  }
}

const hints = {
  403: "VENDHOST_GITLAB_TOKEN needs the role Maintainer in the tenant's project and the scope api; to create a project, permission to do that in its group; nobody changes a project that is archived",
};

function isGoneAlready(thrown: unknown): boolean {
  return thrown instanceof VendhostError && thrown.code === 'GITLAB_PROJECT_UNKNOWN';
}

/** GitLab's words for a value that its version does not know. */
const unknownValue = 'does not have a valid value';

function isUnavailable(thrown: unknown): thrown is VendhostError {
  if (!(thrown instanceof VendhostError)) return false;
  const isUnknown = thrown.details.some((line) => line.includes(unknownValue));
  return isUnknown || ['GITLAB_FORBIDDEN', 'GITLAB_PROJECT_UNKNOWN'].includes(thrown.code);
}
