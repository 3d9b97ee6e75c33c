import { keys, type Place } from '../../config/names.ts';
import { minInstances, type VendhostConfig } from '../../config/vendhost.ts';
import { decide } from '../../release/decision.ts';
import { readPipeline } from '../../release/pipeline.ts';
import { readRevision, readState } from '../../release/release-state.ts';
import type { Finding } from '../../report/report.ts';
import { counted, onlyOf } from '../../repository/findings.ts';
import { checkSoftware } from '../../repository/tenant-repository.ts';
import { hashContent } from '../../revision/hash.ts';
import { isUploaded } from '../../revision/upload.ts';
import type { SectionBody } from '../findings/planned-section.ts';
import type { TenantContext } from './tenant-context.ts';

/** Whether the push releases: compares the software's content with the revision that was deployed last. */
export async function releaseBody(context: TenantContext, id: string): Promise<SectionBody> {
  const { runtime, directory, config, place } = context;
  const { files, findings } = await checkSoftware(directory, config, { beforeBuild: false });
  if (onlyOf(findings, 'fault').length > 0) {
    const title =
      'the release cannot be predicted: the software has faults here, or a job builds it before it is packed';
    return { summary: 'not known before the build', findings: [{ id: `${id}/not-built`, gravity: 'unknown', title }] };
  }
  const { sha256 } = await hashContent(files, runtime.signal);
  const key = keys.revision(place.tenant, sha256);
  const action = await actionOf(context, key);
  const what = `${counted(files.length, 'file')}, revision ${sha256.slice(0, 12)}`;
  if (action === 'nothing') return { summary: `no release: the instances have this software (${what})`, findings: [] };
  return { summary: `a release (${what})`, findings: releaseFindings(context, id, key, action) };
}

type ReleaseAction = 'nothing' | 'first' | 'new' | 'again' | 'follow';

async function actionOf({ runtime, aws, inputs }: TenantContext, key: string): Promise<ReleaseAction> {
  const { signal } = runtime;
  const { record, facts, deployed } = inputs;
  if (deployed.host === undefined || !deployed.released) return 'first';
  if (!(await isUploaded(aws, { bucket: facts.bucket, key }, signal))) return 'new';
  const pipeline = await readPipeline(aws, record.pipeline);
  const revision = await readRevision(aws, facts.bucket, key, signal);
  const { kind } = decide(pipeline.name, revision, await readState(aws, pipeline, signal));
  return kind === 'start' ? 'again' : kind;
}

const words: Readonly<Record<Exclude<ReleaseAction, 'nothing'>, string>> = {
  first: 'the software is released for the first time',
  new: 'new software is released',
  again: 'software that was packed before is released, other than the instances have',
  follow: 'a release of this software is already in progress, and the push follows it',
};

function releaseFindings(
  { inputs, config, place, half }: TenantContext,
  id: string,
  key: string,
  action: Exclude<ReleaseAction, 'nothing'>,
) {
  const approval = inputs.record.approval === true;
  const details = [key, ...(approval ? ['it waits until somebody of the platform approves it in CodePipeline'] : [])];
  const findings: Finding[] = [{ id: `${id}/release`, gravity: 'change', title: words[action], details }];
  const outage = action === 'first' || half === 'software' ? undefined : releaseOutage(id, config, place);
  return outage === undefined ? findings : [...findings, outage];
}

/** What users notice of a release; nothing if other instances serve while one is released to. */
export function releaseOutage(
  id: string,
  { instances, deployment_config: deployment }: VendhostConfig,
  { environment }: Place,
): Finding | undefined {
  if (minInstances(instances, environment) < 2) {
    return {
      id: `${id}/only-instance`,
      gravity: 'interruption',
      title: 'the release takes the only instance out of service: the host answers 503 until it is back',
      details: ['with two instances or more one is released to at a time, and the others serve'],
      next: 'set instances.min to 2 in vendhost.yml, or merge when an interruption does no harm',
    };
  }
  if (deployment !== 'CodeDeployDefault.AllAtOnce') return undefined;
  return {
    id: `${id}/all-instances`,
    gravity: 'interruption',
    title: 'the release takes all instances out of service at once: the host answers 503 until one is back',
    details: [`deployment_config is ${deployment}`],
    next: 'set deployment_config to CodeDeployDefault.OneAtATime in vendhost.yml, or merge when an interruption does no harm',
  };
}
