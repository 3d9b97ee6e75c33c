import { openEnvironment } from '../aws/environment.ts';
import type { Environment } from '../config/environment.ts';
import { environmentOf, readPlatformConfig } from '../config/files.ts';
import { exitCodes } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { withAssembly } from '../stack/assembly.ts';
import { planLines, planStacks } from '../stack/plan.ts';
import { applyPlatform } from './apply.ts';

export interface DeployPlatformOptions {
  /** Folder with `platform.yml`. */
  readonly directory: string;
  readonly environment: Environment;
  readonly dryRun: boolean;
}

/** Deploys an environment's platform, or shows what that would change (exit code 2 when something would). */
export async function deployPlatform(
  runtime: Runtime,
  { directory, environment, dryRun }: DeployPlatformOptions,
): Promise<number | undefined> {
  const { out } = runtime;
  const platform = await readPlatformConfig(directory);
  const config = environmentOf(platform, environment);
  const aws = await openEnvironment(runtime, environment, config, dryRun ? 'plan' : 'deploy');
  const build = async (app: { outdir?: string }) => {
    const { platformApp, platformProps } = await import('../../cdk/platform/app.ts');
    return platformApp(app, platformProps(platform, environment, config));
  };
  return await withAssembly(runtime, aws, build, async (assembly) => {
    const plans = await planStacks(assembly);
    const lines = planLines(plans);
    const place = { environment, account: config.account, region: config.region };
    if (dryRun) {
      const differs = plans.some(({ action }) => action !== 'none');
      out.result({ ...place, differs, stacks: plans }, lines.join('\n'));
      return differs ? exitCodes.differs : undefined;
    }
    out.step(`platform ${environment} in account ${config.account}, ${config.region}`);
    for (const line of lines) out.detail(line);
    const { changed, loadBalancerDns } = await applyPlatform(assembly, environment);
    out.result(
      { ...place, loadBalancerDns, changed },
      [
        `platform ${environment}: ${changed ? 'deployed' : 'no change'}`,
        `load balancer: ${loadBalancerDns}`,
        `next: point *.${config.domain} at it, then: vendhost tenant vend TENANT --environment ${environment}`,
      ].join('\n'),
    );
    return undefined;
  });
}
