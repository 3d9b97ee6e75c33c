import { answered } from '../aws/answers.ts';
import { awsError } from '../aws/foreseen-errors.ts';
import { type Aws, openAws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import { exitCodes, messageOf, VendhostError } from '../errors.ts';
import { duration, tableLines } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { findBuilds } from './find-builds.ts';
import { type DoctorFinding, findingRows, hintLines } from './finding.ts';
import { findFolders } from './folders.ts';
import { findPrograms } from './programs.ts';
import { clockFinding, reach, reachFinding } from './reach.ts';
import { findOwnRights, roleOf } from './rights.ts';

/**
 * Checks whether what commands need is present: programs, folders, GitLab, AWS, credentials, permissions, the time. Prints it
 * and returns the exit code: failed when there is a fault. Without credentials, and outside a job, only what belongs to
 * the image can be one.
 */
export async function diagnose(runtime: Runtime, place: Place | undefined): Promise<number> {
  const [programs, folders, surroundings] = await Promise.all([
    findPrograms(runtime),
    findFolders(runtime),
    findSurroundings(runtime, place),
  ]);
  const findings = [...programs, ...folders, ...surroundings];
  const faults = findings.filter(({ status }) => status === 'fault').length;
  runtime.out.result(
    { healthy: faults === 0, findings },
    [...tableLines(findingRows(findings)), ...hintLines(findings).map((line) => `hint: ${line}`)].join('\n'),
  );
  return faults === 0 ? exitCodes.done : exitCodes.failed;
}

/** Variables that indicate an ID token, or a source of the SDK's chain. */
const credentialVariables = [
  'VENDHOST_ID_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

async function findSurroundings(runtime: Runtime, place: Place | undefined): Promise<DoctorFinding[]> {
  const { env } = runtime;
  const isJob = env.GITLAB_CI === 'true';
  const hasCredentials = credentialVariables.some((name) => env[name]);
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const api = env.CI_API_V4_URL || (env.CI_SERVER_URL && `${env.CI_SERVER_URL}/api/v4`);
  const gitlab = api && `${api}/version`;
  const aws = env.AWS_ENDPOINT_URL ?? (region && `https://sts.${region}.amazonaws.com`);
  const isNeeded = isJob || hasCredentials;
  const [fromGitlab, fromAws, access] = await Promise.all([
    gitlab ? reach(runtime, gitlab) : undefined,
    aws ? reach(runtime, aws) : undefined,
    findAccess(runtime, place, hasCredentials),
  ]);
  const reached = [fromGitlab, fromAws].flatMap((answer) => answer ?? []);
  const reachable = [
    fromGitlab
      ? reachFinding('GitLab', fromGitlab, isNeeded)
      : notAsked('GitLab', 'set CI_API_V4_URL, which jobs have'),
    fromAws
      ? reachFinding('AWS', fromAws, isNeeded)
      : notAsked('AWS', "set AWS_REGION, which an environment's jobs have"),
  ];
  return [...reachable, clockFinding(reached), ...access];
}

function notAsked(name: string, hint: string): DoctorFinding {
  return { part: 'surroundings', check: `${name} reachable`, status: 'unknown', detail: 'not asked', hint };
}

/** Whose the credentials are, and what that role may do. */
async function findAccess(runtime: Runtime, place: Place | undefined, isAsked: boolean): Promise<DoctorFinding[]> {
  const row = { part: 'surroundings', check: 'credentials' } as const;
  if (!isAsked) {
    return [{ ...row, status: 'unknown', detail: 'none in the environment: AWS was not asked whose they are' }];
  }
  const limit = AbortSignal.timeout(accessLimitMs);
  const limited = { ...runtime, signal: AbortSignal.any([runtime.signal, limit]) };
  try {
    const aws = openAws(runtime);
    const caller = await until(limit, callerOf(aws, limited));
    const [rights, builds] = await Promise.all([
      findOwnRights(limited, aws, caller, place),
      place === undefined || isOwnRole(caller) ? [] : until(limit, findBuilds(limited, aws, place)),
    ]);
    return [{ ...row, status: 'ok', detail: caller }, rights, ...builds];
  } catch (error) {
    runtime.signal.throwIfAborted();
    if (limit.aborted) {
      const detail = `AWS gave no answer within ${duration(accessLimitMs)}`;
      return [{ ...row, status: 'fault', detail, hint: 'as for "AWS reachable"' }];
    }
    const known = error instanceof VendhostError ? error : awsError(error, runtime.env);
    const hint = known?.hint ?? 'see the message of AWS';
    return [{ ...row, status: 'fault', detail: known?.message ?? messageOf(error), hint }];
  }
}

/** Vendhost's own roles may not ask about builds, and a tenant with jobs has none. */
function isOwnRole(caller: string): boolean {
  return /:role\/vendhost-/.test(roleOf(caller) ?? '');
}

async function callerOf(aws: Aws, { signal }: Runtime): Promise<string> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { Arn } = await (await aws.sts()).send(new GetCallerIdentityCommand({}), { abortSignal: signal });
  return answered(Arn, 'STS GetCallerIdentity', 'an ARN');
}

/** The SDK retries for longer than anybody waits for a doctor; in milliseconds, for identity and permissions together. */
const accessLimitMs = 15_000;

/** The token exchange accepts no abort signal. */
async function until<T>(limit: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason));
  });
  return await Promise.race([work, late]);
}
