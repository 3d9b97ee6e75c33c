import type { Environment } from '../../config/environment.ts';
import type { ResultValue } from '../../output.ts';
import type { ProjectPlan } from '../project-plan.ts';

export interface VendOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  readonly tenant: string;
  /** Without it: every environment that the credentials reach. */
  readonly environment: Environment | undefined;
  readonly dryRun: boolean;
  /** Protect branches of environments that are not protected. */
  readonly protectBranches?: boolean;
  /** GitLab's number of the project, when it should be another than before. */
  readonly projectId?: number | undefined;
  /** Set the subject of the project's ID tokens although this run does not see all roles that trust them. */
  readonly setSubject?: boolean;
  /** Add the project to the job token allowlist of the library, if its jobs cannot pull the image. */
  readonly allowLibrary?: boolean;
  /** Set the project up as one that vending makes. */
  readonly adopt?: boolean;
  /** Replace the tokens of the webhook and of the builds, of a tenant whose project has no runner. */
  readonly rotateWebhook?: boolean;
  /** The hosts' DNS records lead to the load balancer that the file names, if that is not visible from here. */
  readonly dnsMoved?: boolean;
  /** Hosts of the file that other tenants of the same run release later: they are left out. */
  readonly without?: readonly HostPlace[];
  /** Hosts that it keeps although its file no longer has them: their new tenant could not be vended. */
  readonly still?: readonly HostPlace[];
  /** Hosts that other tenants of the same run will have released: the plan treats them as free. */
  readonly coming?: readonly HostPlace[];
  /** Makes them release these; called when all else is ready. */
  readonly free?: () => Promise<void>;
}

export interface HostPlace {
  readonly environment: Environment;
  readonly host: string;
}

/** The result of a vend, or in a dry run what it would change. */
export interface Vended {
  readonly value: ResultValue;
  readonly text: string;
  /** What prevents vending in the tenant's projects. */
  readonly stops: Pick<ProjectPlan, 'path' | 'refusals'>;
  /** Of a dry run: something would change. */
  readonly differs: boolean;
}
