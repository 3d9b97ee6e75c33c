import type { Answer } from '../e2e/ask.ts';
import type { Timeline } from '../e2e/timeline.ts';
import type { Files } from '../local-gitlab/repository.ts';

/** A line, and each job as it starts and ends. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly onLine: (line: { job: string; text: string }) => void;
  readonly onJob: (event: { job: string; status: string; durationMs: number }) => void;
}

/** A pipeline that ended. */
export interface EndedPipeline {
  readonly status: string;
  readonly jobs: readonly { readonly name: string; readonly status: string; readonly log: string }[];
}

/** How a step starts a pipeline; resolves when it has ended. */
export type Start = (watch: Watch) => Promise<EndedPipeline>;

/** Where the steps are done: on this machine (the demo), or an AWS account and a GitLab project (the acceptance kit). */
export interface Site {
  /** The tenant's host. */
  readonly host: string;
  /** Runs `vendhost` as the platform's owner does by hand, in the platform repository. */
  operate(
    words: readonly string[],
    options: { onLine: (line: string) => void; env?: Readonly<Record<string, string>>; signal: AbortSignal },
  ): Promise<{ readonly exitCode?: number | undefined; readonly all?: unknown }>;
  /** A file of the tenant's repository. */
  read(file: string): Promise<string>;
  /** Pushes files to the tenant's branch `dev`, and follows the pipeline. Without files it is the pipeline of the same commit again. */
  push(files: Files | undefined, message: string, watch: Watch): Promise<EndedPipeline>;
  /** Asks the load balancer for a host: its HTTPS listener, or that of port 80. */
  ask(host: string, path?: string, form?: Readonly<Record<string, string>>): Promise<Answer>;
  askPlain(host: string): Promise<Answer>;
  /** The `aws` command line in the environment's account; returns what it prints. */
  aws(...words: string[]): Promise<string>;
}

/** What each step has at hand. */
export interface Stage {
  readonly site: Site;
  readonly timeline: Timeline;
  readonly signal: AbortSignal;
  readonly say: (line?: string) => void;
  /** Says what holds; throws when it does not. */
  readonly check: (holds: boolean, what: string) => void;
}
