import { z } from 'zod';
import { type Half, halves } from '../config/tenant.ts';
import { type ExitCode, exitCodes, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { pushVariable } from './function/build-request.ts';
import type { ReportedPush } from './function/judge-delivery.ts';
import { parseObject } from './function/webhook-secret.ts';

/** A push as the build that cloned it knows it, and writes it beside what it uploads. */
export interface ClonedPush extends ReportedPush {
  /** The project's address, as the platform knows it: nobody who reports a push chooses what is cloned. */
  readonly repository: string;
}

/** The variable in which the platform says what is cloned. */
export const repositoryVariable = 'VENDHOST_REPOSITORY';

/** Which half of a tenant with two projects a build is for, by what the platform set in it; `undefined` for a tenant's only project. */
export function halfOfBuild({ env }: Pick<Runtime, 'env'>): Half | undefined {
  return halves.find((half) => half === env.VENDHOST_HALF);
}

/** What the function told the build. */
const reportedPushSchema = z.object({
  commit: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
  branch: z.string().min(1),
  author: z.string(),
  message: z.string(),
  delivery: z.string().regex(/^[0-9a-f]{64}$/),
}) satisfies z.ZodType<ReportedPush>;

/** What the build writes beside what it uploads. */
export const clonedPushSchema = reportedPushSchema.extend({ repository: z.string() }) satisfies z.ZodType<ClonedPush>;

/** The push that a build is for. Throws `PUSH_UNREADABLE`. */
export function reportedPush({ env }: Pick<Runtime, 'env'>): ClonedPush {
  const parsed = reportedPushSchema.safeParse(parseObject(env[pushVariable] ?? ''));
  if (parsed.success) return { ...parsed.data, repository: (env[repositoryVariable] ?? '').replace(/\.git$/, '') };
  throw new VendhostError('PUSH_UNREADABLE', `${pushVariable} does not say which push this build is for`, {
    details: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`),
    hint: 'this command runs in builds that the webhook starts: push to the branch, or resend the event in GitLab (Settings > Webhooks)',
  });
}

/** Says that another push has overtaken this one. */
export function overtaken({ out }: Runtime, { commit, branch }: ClonedPush, head: string): ExitCode {
  out.result(
    { superseded: true, head },
    `${branch} is at ${head || 'no commit'} now: nothing more is done for ${commit}`,
  );
  return exitCodes.superseded;
}

/** The runtime in which what a job does is said to be of this push. */
export function runtimeOfPush(runtime: Runtime, push: ClonedPush): Runtime {
  const env = {
    ...runtime.env,
    CI_COMMIT_SHA: push.commit,
    CI_COMMIT_REF_NAME: push.branch,
    CI_COMMIT_AUTHOR: push.author,
    CI_COMMIT_MESSAGE: push.message,
    CI_PROJECT_URL: push.repository,
  };
  return { ...runtime, env };
}
