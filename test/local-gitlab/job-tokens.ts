import type { JobConfig } from './config.ts';
import type { ResolvedEvent } from './event.ts';
import type { TokenSettings } from './subject.ts';
import { timeoutMs } from './timeout.ts';
import type { IdTokenIssuer } from './tokens.ts';

type Env = Readonly<Record<string, string>>;

/** Of a pipeline what its ID tokens say. */
export interface TokenSource {
  readonly issuer?: IdTokenIssuer;
  readonly tokenSettings?: TokenSettings;
  readonly projectPath: string;
  readonly event: ResolvedEvent;
  readonly pipelineId: string;
}

/** The ID tokens a job asks for, by variable. They end with the job's time (`ttl: build.timeout_value` in `lib/gitlab/ci/jwt_v2.rb`). */
export async function idTokens(source: TokenSource, job: JobConfig, env: Env): Promise<Record<string, string>> {
  const { issuer } = source;
  const minted = Object.entries(job.id_tokens ?? {}).map(async ([variable, { aud }]) => {
    if (issuer === undefined) throw new Error(`the job ${env.CI_JOB_NAME} wants an ID token, but there is no issuer`);
    const token = await issuer.mint(subjectOf(source, job, env), {
      audience: Array.isArray(aud) ? aud.map((one) => expand(one, env)) : expand(aud, env),
      lifetimeSeconds: timeoutMs(job) / 1000,
    });
    return [variable, token] as const;
  });
  return Object.fromEntries(await Promise.all(minted));
}

/**
 * The project is that of the code: of a fork's merge request the fork, wherever its pipeline runs, as in GitLab since 18.2.2
 * (`source_project` in https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/jwt.rb).
 */
function subjectOf({ event, projectPath, pipelineId, tokenSettings }: TokenSource, job: JobConfig, env: Env) {
  const environment = environmentOf(job, env);
  const name = environment?.name;
  return {
    projectPath: event.fork ?? projectPath,
    ref: event.branch,
    refType: event.event === 'tag' ? ('tag' as const) : ('branch' as const),
    refProtected: event.event !== 'merge_request',
    pipelineSource: env.CI_PIPELINE_SOURCE ?? '',
    pipelineId,
    jobId: env.CI_JOB_ID ?? '',
    sha: event.commit,
    ...(name === undefined ? {} : { environment: name }),
    ...(environment?.action ? { environmentAction: environment.action } : {}),
    ...tokenSettings?.(event.branch, event.event === 'merge_request', name, event.fork),
  };
}

function environmentOf(job: JobConfig, env: Env) {
  const environment = typeof job.environment === 'string' ? { name: job.environment } : job.environment;
  return environment?.name ? { ...environment, name: expand(environment.name, env) } : undefined;
}

/** A job that starts an environment deploys to it; one that prepares, verifies, accesses or stops it does not. */
export function deploymentOf(job: JobConfig, env: Env): string | undefined {
  const environment = environmentOf(job, env);
  return (environment?.action ?? 'start') === 'start' ? environment?.name : undefined;
}

/** `$NAME` and `${NAME}`, as GitLab expands them in `id_tokens:aud`, `environment:name` and `resource_group`. */
export function expand(text: string, env: Env): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => env[braced ?? bare] ?? '');
}
