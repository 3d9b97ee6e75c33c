import { z } from 'zod';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { pushVariable } from './function/build-request.ts';
import type { ReportedPush } from './function/judge-delivery.ts';

/** What the function told the build, and what the build writes beside what it uploads. */
export const reportedPushSchema = z.object({
  commit: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
  branch: z.string().min(1),
  author: z.string(),
  message: z.string(),
  repository: z.string(),
  delivery: z.string().regex(/^[0-9a-f]{64}$/),
}) satisfies z.ZodType<ReportedPush>;

/** The push that a build is for. Throws `PUSH_UNREADABLE`. */
export function reportedPush({ env }: Pick<Runtime, 'env'>): ReportedPush {
  const parsed = reportedPushSchema.safeParse(jsonOf(env[pushVariable] ?? ''));
  if (parsed.success) return parsed.data;
  throw new VendhostError('PUSH_UNREADABLE', `${pushVariable} does not say which push this build is for`, {
    details: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`),
    hint: 'this command runs in builds that the webhook starts: push to the branch, or resend the event in GitLab (Settings > Webhooks)',
  });
}

/** The runtime in which what a job does is said to be of this push. */
export function runtimeOfPush(runtime: Runtime, push: ReportedPush): Runtime {
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
