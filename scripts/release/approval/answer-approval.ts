import { appendAudit, readActor } from '../../audit/append.ts';
import { readPlatformFacts, readTenantRecord } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import type { Actor } from '../../config/stored.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import { ellipsized, oneLine, plainText } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { readPipeline } from '../pipeline.ts';
import { type GivenAnswer, readGiven, recordGiven } from './given.ts';
import { type Asked, type Pending, putAnswer, readPending, requirePending, stale } from './pending.ts';
import { type PendingRelease, readShown, type ShownParts, shownLines } from './shown.ts';

export interface AnswerOptions extends Place, Asked {
  verb: 'approve' | 'reject';
  /** Why, for the tenant and for later readers. */
  reason: string | undefined;
  dryRun: boolean;
}

/** Most characters of an answer's summary (https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ApprovalResult.html). */
const mostCharacters = 512;

/**
 * Approves or rejects the waiting release, after showing it, and records who did. If this user has already answered the execution the same way,
 * only a missing record is written. Throws `NOTHING_WAITS`, `APPROVAL_STALE` when the waiting release is not the one shown before or somebody else was
 * faster, and `OWN_RELEASE` for the user who started the release.
 */
export async function answerApproval(runtime: Runtime, options: AnswerOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const { verb } = options;
  const reason = reasonOf(options);
  checkAsked(options);
  const status = verb === 'approve' ? 'Approved' : 'Rejected';
  const { aws, parts } = await openApproval(runtime, options);
  const by = await readActor(aws, runtime);
  const { pending, given } = await readAsked(aws, parts, options, { status, user: by.user });
  const shown = await readShown(aws, parts, pending ?? given);
  if (options.revision !== undefined && options.revision !== shown.revision) {
    throw stale(`the execution ${shown.executionId} is for ${shown.revision}, not for ${options.revision}`, pending);
  }
  if (verb === 'approve') checkOther(by, shown);
  const result = { ...resultOf(shown), status: status.toLowerCase() };
  const entry = {
    ...{ action: `release ${verb}`, target: `${shown.executionId} ${shown.revision}`, reason },
    ...{ before: 'waiting for approval', after: result.status },
  };
  if (options.dryRun) {
    const would = pending === undefined ? `it was ${result.status}: nothing to do but its record` : `would ${verb} it`;
    const waiting = pending === undefined ? result : { ...result, status: 'waiting' };
    out.result(waiting, [...shownLines(shown), would].join('\n'));
    return exitCodes.differs;
  }
  if (pending === undefined) {
    const isNew = await recordGiven(runtime, aws, parts, { by, given, entry });
    out.step(`${given.summary}${isNew ? '; its record was missing, and is written' : '; it has its record'}`);
  } else {
    for (const line of shownLines(shown)) out.step(line);
    await out.confirm(`${verb} the execution ${pending.executionId}?`);
    await putAnswer(aws, parts.pipeline, pending, { status, summary: answerSummary(status, by, reason) });
    await appendAudit(runtime, aws, parts, { ...entry, by });
  }
  out.result(
    result,
    [`${result.status}: ${shown.revision}`, `  execution ${shown.executionId}`, next(verb)].join('\n'),
  );
  return undefined;
}

/** Shows the release that waits for an approval. Throws `NOTHING_WAITS` when there is none. */
export async function showWaiting(runtime: Runtime, place: Place): Promise<void> {
  const { aws, parts } = await openApproval(runtime, place);
  const shown = await readShown(aws, parts, await requirePending(aws, parts.pipeline, { execution: undefined }));
  const lines = [
    ...shownLines(shown),
    '  next: vendhost release approve, or vendhost release reject, with --execution and --reason',
  ];
  runtime.out.result({ ...resultOf(shown), status: 'waiting' }, lines.join('\n'));
}

async function openApproval(
  runtime: Runtime,
  { tenant, environment }: Place,
): Promise<{ readonly aws: Aws; readonly parts: ShownParts }> {
  const place = { tenant, environment };
  const aws = openApprover(runtime, place);
  const [{ bucket }, record] = await Promise.all([readPlatformFacts(aws, environment), readTenantRecord(aws, place)]);
  const pipeline = await readPipeline(aws, record.pipeline);
  return { aws, parts: { place, bucket, pipeline, signal: runtime.signal } };
}

type AskedRelease =
  | { readonly pending: Pending; readonly given: undefined }
  | { readonly pending: undefined; readonly given: GivenAnswer };

/** The release that waits; or, if a command was killed after its answer and is run again, that answer. */
async function readAsked(
  aws: Aws,
  { pipeline }: ShownParts,
  { execution }: Asked,
  answer: Pick<GivenAnswer, 'status' | 'user'>,
): Promise<AskedRelease> {
  const found = await readPending(aws, pipeline);
  if (execution !== undefined && found?.executionId !== execution) {
    const given = await readGiven(aws, pipeline, execution, answer);
    if (given !== undefined) return { pending: undefined, given };
  }
  return { pending: await requirePending(aws, pipeline, { execution }, found), given: undefined };
}

/** A job without the values that the job before it showed answers nothing: another release may wait now. */
function checkAsked({ execution, revision }: Asked): void {
  if (execution !== '' && revision !== '') return;
  const option = execution === '' ? '--execution' : '--revision';
  throw new VendhostError('APPROVAL_STALE', `${option} is empty: it is not known which release was shown`, {
    hint: 'nothing was answered; start a new pipeline of the approvals project, which shows what waits',
  });
}

/** In a job the account is known and the role follows from it; a person has credentials of the approver's role. */
function openApprover(runtime: Runtime, place: Place): Aws {
  const account = runtime.env.VENDHOST_ACCOUNT ?? '';
  if (account === '') return openAws(runtime);
  return openAws(runtime, { jobRole: `arn:aws:iam::${account}:role/${names.tenantRole(place, 'approver-job')}` });
}

/** Without terminal control characters: AWS's console and mails show it too. Some of it must be visible. */
function reasonOf({ verb, reason = '' }: AnswerOptions): string {
  const given = plainText(reason).trim();
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(given)) return given;
  throw new VendhostError(
    'USAGE',
    `a release is not ${verb === 'approve' ? 'approved' : 'rejected'} without a reason`,
    {
      hint: 'give --reason TEXT or set VENDHOST_REASON',
    },
  );
}

/**
 * The four-eyes check, as far as known: the tenant's job wrote who started the release. It does not stop anyone who wants to bypass it; the
 * roles do that.
 */
function checkOther({ user }: Actor, { said, executionId }: PendingRelease): void {
  if (user === '' || said?.user !== user) return;
  throw new VendhostError('OWN_RELEASE', `${user} started the release ${executionId}: somebody else approves it`, {
    hint: 'ask another member of the approvals project; to take the release back, reject it',
  });
}

/** For CodePipeline's history, on one line, so that no reason looks like another answer; the action's record has the rest. */
export function answerSummary(status: string, { user, job }: Actor, reason: string): string {
  const who = [user, job].filter(Boolean).join(', ');
  return ellipsized(mostCharacters, oneLine(`${status} by ${who}: ${reason}`));
}

/** What the tenant's jobs wrote stays in one value, which no dotenv report has: others must not choose a job's variables. */
function resultOf({ executionId, revision, version, next: behind, runs, said }: PendingRelease) {
  return { executionId, revisionKey: revision, version, runs: runs ?? '', behind: behind ?? '', said: said ?? null };
}

function next(verb: AnswerOptions['verb']): string {
  if (verb === 'reject') return "  next: nothing; the tenant's job, retried, asks again";
  return "  next: the tenant's job release, retried, follows it to its end";
}
