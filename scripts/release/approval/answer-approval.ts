import { appendAudit, readActor } from '../../audit/append.ts';
import { readPlatformFacts, readTenantRecord } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import type { Actor } from '../../config/stored.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import { ellipsized } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { readPipeline } from '../pipeline.ts';
import { type Asked, type Pending, putAnswer, requirePending, stale } from './pending.ts';
import { type PendingRelease, readShown, type ShownParts, shownLines } from './shown.ts';

export interface AnswerOptions extends Place, Asked {
  verb: 'approve' | 'reject';
  /** Why, for the tenant and for whoever asks later. */
  reason: string | undefined;
  dryRun: boolean;
}

/** Most characters of an answer's summary (https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ApprovalResult.html). */
const mostCharacters = 512;

/**
 * Approves or rejects the release that waits, once it is shown, and records who did. Throws `NOTHING_WAITS`, `APPROVAL_STALE` when
 * what waits is not what was shown before or somebody else was faster, and `OWN_RELEASE` for who started the release.
 */
export async function answerApproval(runtime: Runtime, options: AnswerOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const { verb } = options;
  const reason = reasonOf(options);
  checkAsked(options);
  const { aws, parts, pending, shown } = await readWaiting(runtime, options);
  if (options.revision !== undefined && options.revision !== shown.revision) {
    throw stale(`the execution ${pending.executionId} is for ${shown.revision}, not for ${options.revision}`, pending);
  }
  const by = await readActor(aws, runtime);
  if (verb === 'approve') checkOther(by, shown);
  const result = { ...resultOf(shown), status: verb === 'approve' ? 'approved' : 'rejected' };
  if (options.dryRun) {
    out.result({ ...result, status: 'waiting' }, [...shownLines(shown), `would ${verb} it`].join('\n'));
    return exitCodes.differs;
  }
  for (const line of shownLines(shown)) out.step(line);
  await out.confirm(`${verb} the execution ${pending.executionId}?`);
  const status = verb === 'approve' ? 'Approved' : 'Rejected';
  await putAnswer(aws, parts.pipeline, pending, { status, summary: summaryOf(status, by, reason) });
  await appendAudit(runtime, aws, parts, {
    ...{ action: `release ${verb}`, target: `${pending.executionId} ${shown.revision}`, reason, by },
    ...{ before: 'waiting for approval', after: result.status },
  });
  out.result(
    result,
    [`${result.status}: ${shown.revision}`, `  execution ${pending.executionId}`, next(verb)].join('\n'),
  );
  return undefined;
}

/** Shows the release that waits for an approval. Throws `NOTHING_WAITS` when there is none. */
export async function showWaiting(runtime: Runtime, place: Place): Promise<void> {
  const { shown } = await readWaiting(runtime, { ...place, execution: undefined });
  const lines = [
    ...shownLines(shown),
    '  next: vendhost release approve, or vendhost release reject, with --execution and --reason',
  ];
  runtime.out.result({ ...resultOf(shown), status: 'waiting' }, lines.join('\n'));
}

interface WaitingRelease {
  readonly aws: Aws;
  readonly parts: ShownParts;
  readonly pending: Pending;
  readonly shown: PendingRelease;
}

async function readWaiting(
  runtime: Runtime,
  { tenant, environment, execution }: Place & Pick<Asked, 'execution'>,
): Promise<WaitingRelease> {
  const place = { tenant, environment };
  const aws = openApprover(runtime, place);
  const [{ bucket }, record] = await Promise.all([readPlatformFacts(aws, environment), readTenantRecord(aws, place)]);
  const pipeline = await readPipeline(aws, record.pipeline);
  const pending = await requirePending(aws, pipeline, { execution });
  const parts = { place, bucket, pipeline, signal: runtime.signal };
  return { aws, parts, pending, shown: await readShown(aws, parts, pending) };
}

/** A job that did not get what the job before it showed answers nothing: the release that waits now may be another one. */
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

function reasonOf({ verb, reason = '' }: AnswerOptions): string {
  const given = reason.trim();
  if (given !== '') return given;
  throw new VendhostError(
    'USAGE',
    `a release is not ${verb === 'approve' ? 'approved' : 'rejected'} without a reason`,
    {
      hint: 'give --reason TEXT or set VENDHOST_REASON',
    },
  );
}

/**
 * Four eyes, as far as it is known: who started the release is what the tenant's job wrote. It keeps nobody out who means to get past it; the
 * roles do that.
 */
function checkOther({ user }: Actor, { said, executionId }: PendingRelease): void {
  if (user === '' || said?.user !== user) return;
  throw new VendhostError('OWN_RELEASE', `${user} started the release ${executionId}: somebody else approves it`, {
    hint: 'ask another member of the approvals project; to take the release back, reject it',
  });
}

/** For CodePipeline's history: what does not fit is in the record of the action. */
function summaryOf(status: string, { user, job }: Actor, reason: string): string {
  const who = [user, job].filter(Boolean).join(', ');
  return ellipsized(mostCharacters, `${status} by ${who}: ${reason}`);
}

/** What the tenant's jobs wrote stays in one value, which no dotenv report has: a variable of a job is nothing for others to choose. */
function resultOf({ executionId, revision, version, next: behind, runs, said }: PendingRelease) {
  return { executionId, revisionKey: revision, version, runs: runs ?? '', behind: behind ?? '', said: said ?? null };
}

function next(verb: AnswerOptions['verb']): string {
  if (verb === 'reject') return "  next: nothing; the tenant's job, retried, asks again";
  return "  next: the tenant's job release, retried, follows it to its end";
}
