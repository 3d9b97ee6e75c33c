import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../api.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** A POST: its path below `/api/v4/`, and its body. */
interface Making {
  readonly path: string;
  readonly body: Attributes;
}

/** What a call makes, and how GitLab's list of such things shows that it is there. */
interface ThingMade {
  /** What the call's path ends with. */
  readonly end: RegExp;
  /** The list, where it is not what is posted to. */
  readonly list?: string;
  readonly query?: (body: Attributes) => Readonly<Record<string, string>>;
  readonly isSame: (entry: Attributes, body: Attributes) => boolean;
  /** GitLab makes it a second time, so it is not sent again while the first call may still be at work. */
  readonly isTwice?: true;
}

const same =
  (...keys: readonly string[]) =>
  (entry: Attributes, body: Attributes) =>
    keys.every((key) => entry[key] === body[key]);

const isBranch: ThingMade['isSame'] = ({ name }, { branch }) => name === branch;

const kinds: readonly ThingMade[] = [
  {
    end: /^projects$/,
    query: ({ path }) => ({ search: String(path) }),
    isSame: ({ path, namespace }, body) => path === body.path && Object(namespace).id === body.namespace_id,
  },
  // With another value it is somebody else's, and GitLab refuses to make it again.
  { end: /\/variables$/, isSame: same('key', 'environment_scope', 'value') },
  { end: /\/(protected_branches|protected_environments|environments)$/, isSame: same('name') },
  { end: /\/repository\/branches$/, isSame: isBranch },
  { end: /\/repository\/commits$/, list: 'branches', isSame: isBranch },
  {
    end: /\/merge_requests$/,
    query: ({ source_branch }) => ({ source_branch: String(source_branch) }),
    isSame: same('source_branch', 'target_branch'),
  },
  { end: /\/job_token_scope\/allowlist$/, isSame: ({ id }, { target_project_id }) => id === target_project_id },
  { end: /\/pipeline_schedules$/, isSame: same('description'), isTwice: true },
  { end: /\/hooks$/, isSame: same('url'), isTwice: true },
];

/** Whether nobody knows if a call was done: GitLab's answer did not come, or a proxy's came instead. */
export function isAnswerLost(thrown: unknown): boolean {
  const lost = ['GITLAB_UNREACHABLE', 'GITLAB_DOWN', 'GITLAB_UNREADABLE'];
  return thrown instanceof VendhostError && lost.includes(thrown.code);
}

/**
 * Looks whether a call whose answer was lost has made what it was to make. `again`: it has not, and may be sent once more; `unknown`: for
 * what GitLab makes twice, or where GitLab still does not answer.
 */
export async function lookForMade(api: GitlabApi, call: Making): Promise<'made' | 'again' | 'unknown'> {
  const kind = kinds.find(({ end }) => end.test(call.path));
  if (kind === undefined) return 'unknown';
  const isMade = await readList(api, call, kind).then(
    (all) => all.some((entry) => kind.isSame(entry, call.body)),
    () => undefined,
  );
  if (isMade === undefined) return 'unknown';
  return isMade ? 'made' : kind.isTwice === true ? 'unknown' : 'again';
}

/** The whole list, page by page (https://docs.gitlab.com/api/rest/#offset-based-pagination). */
async function readList(api: GitlabApi, { path, body }: Making, { list, query }: ThingMade): Promise<Attributes[]> {
  const from = list === undefined ? path : path.replace(/[^/]+$/, list);
  const found: Attributes[] = [];
  for (let page = '1'; page !== ''; ) {
    const searchParams = { per_page: '100', page, ...query?.(body) };
    const answer = await api.call(`look for what was to be made in ${from}`, ({ Projects }) =>
      Projects.requester.get(from, { searchParams }),
    );
    found.push(...(answer.body as unknown as Attributes[]));
    page = answer.headers?.['x-next-page'] ?? '';
  }
  return found;
}
