import type { PlatformLayer } from '../../config/names.ts';
import type { EnvironmentChoice } from '../targets.ts';

export interface DeployPlatformOptions {
  /** Folder with `platform.yml`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
  /** Only this layer. */
  readonly layer?: PlatformLayer | undefined;
  /** A saved plan, whose change sets are executed. */
  readonly plan?: string | undefined;
  /** Only show what would change; exit code 2 when something would. */
  readonly dryRun: boolean;
}
