import type { GitlabState, Project } from './api-state.ts';
import type { TokenSubject } from './tokens.ts';

/** What a project's settings put into an ID token of a job: asked as the job starts, for they may have changed. */
export type TokenSettings = (
  ref: string,
  isMergeRequest: boolean,
  environment: string | undefined,
  fork?: string,
) => Partial<TokenSubject>;

/** The settings as the local GitLab has them at that moment; of a fork only the number is its own. */
export function subjectSettings(state: GitlabState, project: Project): TokenSettings {
  return (ref, isMergeRequest, environment, fork) => {
    const { id, ci_id_token_sub_claim_components: subjectComponents } = state.current(project);
    const source = fork === undefined ? { id } : state.project(fork);
    if (source === undefined) throw new Error(`the local GitLab has no project ${fork}`);
    const isProtected = state.protectedBranches(project).some(({ name }) => isNamed(name, ref));
    return {
      projectId: source.id,
      subjectComponents,
      refProtected: isProtected && !isMergeRequest,
      environmentProtected: environment !== undefined && state.protectedEnvironments(project).includes(environment),
    };
  };
}

/** `*` in the name of a protected branch stands for any characters. */
function isNamed(rule: string, ref: string): boolean {
  const [first = '', ...rest] = rule.split('*');
  if (rest.length === 0) return ref === rule;
  if (!ref.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const piece of rest) {
    const found = ref.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return ref.length - last.length >= at && ref.endsWith(last);
}
