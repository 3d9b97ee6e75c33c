import { readTenantRecord } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { type ExitCode, VendhostError } from '../../errors.ts';
import { readOwnImage } from '../../host/instances/own-image.ts';
import { type ProvisionOptions, provisionHost } from '../../host/provision.ts';
import type { Runtime } from '../../runtime.ts';
import { openStore } from '../history/open-store.ts';
import { readState } from '../release-state.ts';
import { ownOperation } from './own-operation.ts';

/**
 * Provisions what the branch has, except its image in the pipeline whose rollback or promotion has just brought another one: that pipeline was started for
 * that, and also has the branch's jobs. Everything else is provisioned, and the next pipeline brings the branch's image again.
 */
export async function provisionBranch(runtime: Runtime, options: ProvisionOptions): Promise<ExitCode | undefined> {
  const kept = await broughtImage(runtime, options);
  if (kept === undefined) return await provisionHost(runtime, options);
  runtime.out.step(`this pipeline has brought the image ${kept}: it stays, in place of ${options.image}`);
  return await provisionHost(runtime, { ...options, image: undefined });
}

/** The image that this pipeline's rollback or promotion has brought, where it is not the wanted one. A push does neither, and costs nothing. */
async function broughtImage(runtime: Runtime, options: ProvisionOptions): Promise<string | undefined> {
  const { CI_PIPELINE_URL: url, CI_PIPELINE_SOURCE: source } = runtime.env;
  if (options.image === undefined || !url || source === 'push') return undefined;
  const aws = openAws(runtime);
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const image = await readOwnImage(aws, place);
  if (image === undefined || image === options.image) return undefined;
  return (await imageOfOperation(runtime, aws, place)) === image ? image : undefined;
}

async function imageOfOperation(runtime: Runtime, aws: Aws, place: Place): Promise<string | undefined> {
  // The jobs of a project with infrastructure/ release nothing, and may not read releases.
  if ((await readTenantRecord(aws, place)).software !== undefined) return undefined;
  try {
    const { store } = await openStore(aws, place);
    const state = await readState(aws, store.pipeline, runtime.signal);
    const own = await ownOperation(aws, store, state, runtime.env.CI_PIPELINE_URL);
    const brought = own?.rollbackOf !== undefined || own?.promotedFrom?.image !== undefined;
    return brought ? own?.image : undefined;
  } catch (error) {
    // Such as a host that lacks what a release needs: provisioning adds that.
    if (error instanceof VendhostError) return undefined;
    throw error;
  }
}
