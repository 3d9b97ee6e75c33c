import { refusalOf } from '../aws/refusal.ts';
import type { Aws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import type { PlatformConfig } from '../config/platform.ts';
import type { VendhostError } from '../errors.ts';
import type { EnvironmentTarget } from '../platform/targets.ts';
import type { ReportSection } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';
import type { Shard } from './shard.ts';

/** The platform's repository, when the check runs in a checkout of it. */
export interface PlatformCheckout {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  readonly config: PlatformConfig;
  readonly target: EnvironmentTarget;
}

/** One environment that is checked. */
export interface DriftContext {
  readonly runtime: Runtime;
  readonly environment: Environment;
  readonly aws: Aws;
  /** Only what this tenant has; absent: everything of the environment. */
  readonly tenant: string | undefined;
  /** Absent in a tenant's project. */
  readonly platform: PlatformCheckout | undefined;
  readonly shard: Shard;
}

/**
 * Compares one kind of thing with what it should be. Each section's id begins with `<environment>/<id of the check>`, each
 * finding's id with that of its section: the ignore file names them. Returns no section where there is nothing to check.
 */
export interface DriftCheck {
  readonly id: string;
  readonly title: string;
  /** Divides its work by the context's shard; the others run in the first one only. */
  readonly isSharded?: boolean;
  readonly run: (context: DriftContext) => Promise<readonly ReportSection[]>;
}

/**
 * Runs checks at the same time; one that is refused is a section that says it is unknown. Throws the signal's reason when
 * cancelled, and what is a fault of this program.
 */
export async function runChecks(
  contexts: readonly DriftContext[],
  checks: readonly DriftCheck[],
): Promise<ReportSection[]> {
  const runs = contexts.flatMap((context) =>
    checks
      .filter(({ isSharded }) => isSharded === true || context.shard.number === 1)
      .map(async (check): Promise<readonly ReportSection[]> => {
        try {
          return await check.run(context);
        } catch (thrown) {
          context.runtime.signal.throwIfAborted();
          const error = refusalOf(thrown, context.runtime);
          if (error === undefined) throw thrown;
          return [unknownSection(context.environment, check, error)];
        }
      }),
  );
  return (await Promise.all(runs)).flat();
}

/** The section of what could not be looked at. */
export function unknownSection(
  environment: Environment,
  { id, title }: Pick<DriftCheck, 'id' | 'title'>,
  error: VendhostError,
): ReportSection {
  const section = `${environment}/${id}`;
  const why = `${error.code}: ${error.message}`;
  return {
    id: section,
    title: `${title} of ${environment}`,
    summary: `not checked: ${error.message}`,
    state: 'unknown',
    findings: [
      { id: `${section}/${error.code}`, gravity: 'unknown', title: why, details: error.details, next: error.hint },
    ],
  };
}
