import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { type HostPipeline, hostPipelineSchema } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';
import { newPipeline } from '../gitlab/new-pipeline.ts';
import { abbreviated } from '../output.ts';
import type { Runtime } from '../runtime.ts';

const tries = 5;

/**
 * Makes sure that no newer pipeline of the project has provisioned the host, and records this one's id, unless it is a dry run.
 * GitLab itself holds back older jobs that deploy, not those that prepare an environment
 * (https://docs.gitlab.com/ci/environments/deployment_safety/#prevent-outdated-deployment-jobs); ids of pipelines ascend. Outside a
 * pipeline anybody may provision. Throws `PIPELINE_OUTDATED`, and `RECORD_CHANGED` when
 * others keep writing.
 */
export async function checkNewest(
  { env }: Runtime,
  aws: Aws,
  { place, bucket, dryRun }: { place: Place; bucket: string; dryRun: boolean },
): Promise<void> {
  const own = ownPipeline(env);
  if (own === undefined) return;
  const objects = new ConditionalObjects<HostPipeline>(aws, bucket, hostPipelineSchema);
  const key = keys.hostPipeline(place.tenant);
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const found = await objects.read(key);
    if (found !== undefined && found.value.project === own.project) {
      if (found.value.pipeline > own.pipeline) throw outdated(place, found.value);
      if (found.value.pipeline === own.pipeline) return;
    }
    if (dryRun) return;
    const written = found === undefined ? objects.create(key, own) : objects.replace(key, own, found.etag);
    if ((await written).outcome !== 'lost') return;
  }
  throw new VendhostError('RECORD_CHANGED', `other jobs wrote ${key} ${tries} times while this one did`, {
    hint: 'run the job again when the other pipelines of the branch have ended',
  });
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function ownPipeline(env: Runtime['env']): HostPipeline | undefined {
  const {
    CI_PROJECT_ID: project,
    CI_PIPELINE_ID: pipeline,
    CI_PIPELINE_URL: url = '',
    CI_COMMIT_SHA: commit = '',
  } = env;
  if (project === undefined || !/^\d+$/.test(pipeline ?? '')) return undefined;
  return { project, pipeline: Number(pipeline), commit, url };
}

function outdated({ tenant, environment }: Place, { pipeline, commit, url }: HostPipeline): VendhostError {
  return new VendhostError(
    'PIPELINE_OUTDATED',
    `pipeline ${pipeline} is newer and has provisioned ${tenant} in ${environment}, for commit ${abbreviated(commit)}`,
    {
      details: url === '' ? [] : [url],
      hint: `nothing is left to do; to go back to this commit, revert what came after it, or ${newPipeline}`,
    },
  );
}
