import { inject } from 'vitest';
import { type Aws, openAws } from '../../../scripts/aws/session.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import type { DeployPlatformOptions } from '../../../scripts/platform/deploy/options.ts';
import { type DestroyPlatformOptions, destroyPlatform } from '../../../scripts/platform/destroy/destroy-platform.ts';
import { type PlanPlatformOptions, planPlatform } from '../../../scripts/platform/plan/plan-platform.ts';
import { platformStatus } from '../../../scripts/platform/status/platform-status.ts';
import type { Runtime } from '../../../scripts/runtime.ts';
import { recorder } from '../../builders/recorder.ts';
import { accountEnvironment } from '../../local-cloud/start.ts';

/** How a command ended: its exit code, the result as data, and lines of progress. */
export interface Ran<T = Record<string, unknown>> {
  readonly code: number | undefined;
  readonly result: T;
  readonly progress: string[];
}

export interface DeployResult {
  readonly changed: boolean;
  readonly providers: readonly { account: string; own: boolean; outcome?: string }[];
  readonly environments: readonly {
    environment: string;
    stacks: readonly { stack: string; outcome: string; seconds: number }[];
    loadBalancers: readonly string[];
  }[];
  readonly failed: readonly { environment: string; code: string }[];
}

type Options<T> = Partial<Omit<T, 'directory'>>;

/** A platform owner at a terminal: the platform's commands, in a repository and with an account's credentials. */
export function platformOwner(directory: string, account: string, env: Readonly<Record<string, string>> = {}) {
  const environment = { ...accountEnvironment(inject('localCloud'), account), ...env };
  const runtime = () => recorder(environment, { cwd: directory });
  const run = async <T>(work: (runtime: Runtime) => Promise<number | undefined>): Promise<Ran<T>> => {
    const recorded = runtime();
    const code = await work(recorded);
    return { code, result: JSON.parse(recorded.printed()) as T, progress: recorded.progress() };
  };
  return {
    runtime,
    aws: (region = 'eu-west-1'): Aws => openAws(runtime(), { region }),
    deploy: (options: Options<DeployPlatformOptions> = {}) =>
      run<DeployResult>((each) => deployPlatform(each, { directory, environment: 'dev', dryRun: false, ...options })),
    plan: (options: Options<PlanPlatformOptions> = {}) =>
      run<PlanResult>((each) => planPlatform(each, { directory, environment: 'dev', ...options })),
    status: (choice: 'dev' | 'all' = 'dev') =>
      run<StatusResult>((each) => platformStatus(each, { directory, environment: choice })),
    destroy: (options: Options<DestroyPlatformOptions> = {}) =>
      run<DestroyResult>((each) => destroyPlatform(each, { directory, environment: 'dev', dryRun: false, ...options })),
  };
}

export type PlatformOwner = ReturnType<typeof platformOwner>;

interface Planned {
  readonly stack: string;
  readonly action: string;
  readonly changes: readonly object[];
}

export interface PlanResult {
  readonly differs: boolean;
  readonly stacks?: readonly Planned[];
  readonly environments: readonly { environment: string; differs: boolean; stacks: readonly Planned[] }[];
}

export interface StatusResult {
  readonly healthy: boolean;
  readonly environments: readonly {
    environment: string;
    healthy: boolean;
    stacks: readonly { stack: string; status: string; healthy: boolean; note?: string }[];
    loadBalancers: readonly { stack: string; dns?: string; rules?: number }[];
    provider: { healthy: boolean; text: string };
    tenants: readonly string[];
  }[];
}

export interface DestroyResult {
  readonly destroyed: boolean;
  readonly environments: readonly { environment: string; steps: string[][]; buckets: string[]; key?: string }[];
  readonly providers: readonly { account: string }[];
}

/** Stacks with what happened to them. */
export function outcomes({ result }: Ran<DeployResult>): Record<string, string> {
  const all = result.environments.flatMap(({ stacks }) => stacks);
  return Object.fromEntries(all.map(({ stack, outcome }) => [stack, outcome]));
}
