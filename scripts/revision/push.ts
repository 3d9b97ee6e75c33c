import { readFile } from 'node:fs/promises';
import { readPlatformFacts } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { readVendhostConfig } from '../config/files.ts';
import { keys, type Place } from '../config/names.ts';
import type { RevisionPush } from '../config/stored.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import { duration } from '../output.ts';
import { hookSeconds } from '../repository/appspec/hook-seconds.ts';
import { counted, reportFindings } from '../repository/findings.ts';
import { checkSoftware } from '../repository/tenant-repository.ts';
import type { Runtime } from '../runtime.ts';
import { chooseRevision } from './chosen/choose.ts';
import { hashContent } from './hash.ts';
import type { UploadTarget } from './send-parts.ts';
import { areUploaded, uploadOnce } from './upload.ts';
import { checkFits, zipOf } from './zip.ts';

export interface PushOptions extends Place {
  /** The tenant's repository. */
  directory: string;
  dryRun: boolean;
  /** Refuse a revision whose commit does not match the provisioned virtual host. */
  requireProvisioned?: boolean;
  /** Write it to the intake, which releases it, under the hash of the delivery that GitLab reported the push with. */
  delivery?: string;
}

/**
 * Makes the revision of a checkout: checks it, names it by its content, and uploads it unless that name is in the bucket.
 * The metadata of the push that first uploaded it is stored beside it as JSON. Throws `CHECK_FAILED`, and when it is asked for
 * `INFRASTRUCTURE_OUTDATED`, before anything is uploaded.
 */
export async function pushRevision(runtime: Runtime, options: PushOptions): Promise<ExitCode | undefined> {
  return (await storeRevision(runtime, options)).code;
}

/** The same, for a caller that releases it: with its key, and the exit code of a dry run. */
export async function storeRevision(
  runtime: Runtime,
  options: PushOptions,
): Promise<{ readonly key: string; readonly code?: ExitCode }> {
  const { out, signal } = runtime;
  const start = performance.now();
  const config = await readVendhostConfig(options.directory);
  const software = await checkSoftware(options.directory, config, { beforeBuild: false });
  reportFindings(runtime, software.findings);
  const aws = openAws(runtime);
  // Both are checked before gigabytes are hashed, in a dry run too.
  checkFits(software.files);
  const place: Place = { tenant: options.tenant, environment: options.environment };
  if (options.requireProvisioned === true) {
    const { requireProvisioned } = await import('../host/key/require-provisioned.ts');
    await requireProvisioned(runtime, aws, { place, directory: options.directory });
  }
  const [{ bucket }, { sha256, files }] = await Promise.all([
    readPlatformFacts(aws, options.environment),
    hashContent(software.files, signal),
    // Loaded while the facts are being fetched.
    aws.s3(),
  ]);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  out.step(`revision ${sha256}: ${counted(files.length, 'file')}, ${megabytes(size)}`);
  const { tenant, delivery } = options;
  const key = delivery === undefined ? keys.revision(tenant, sha256) : keys.intakeRevision(tenant, delivery, sha256);
  const zip = { bucket, key };
  const metadata = { bucket, key: keys.pushOf(key) };
  const areThere = async () => await areUploaded(aws, { bucket, keys: [zip.key, metadata.key] }, signal);
  let [hasZip, hasMetadata] = await areThere();
  // Once it is marked, no prune deletes it; an earlier one may have.
  const chosen = { bucket, revision: zip.key };
  if (hasZip && !options.dryRun && (await chooseRevision(aws, chosen, signal))) {
    [hasZip, hasMetadata] = await areThere();
  }
  const result = { revisionKey: zip.key, sha256 };
  if (options.dryRun && !hasZip) {
    out.result({ ...result, uploaded: false, bytes: 0 }, `would upload ${zip.key} to ${bucket}`);
    return { key, code: exitCodes.differs };
  }
  const content = { bytes: () => zipOf({ sha256, files, signal }), type: 'application/zip' };
  const bytes = hasZip ? 0 : ((await uploadOnce(aws, zip, content, signal)) ?? 0);
  if (!options.dryRun && !hasMetadata) {
    const appSpec = software.files.find(({ path }) => path === 'appspec.yml');
    const seconds = appSpec === undefined ? {} : hookSeconds(await readFile(appSpec.from));
    await storePush(aws, metadata, { sha256, ...pushOf(runtime.env), hookSeconds: seconds }, signal);
  }
  const did = bytes > 0 ? `uploaded ${megabytes(bytes)} to ${bucket}` : `nothing uploaded: ${bucket} has this content`;
  const took = duration(performance.now() - start);
  out.result({ ...result, uploaded: bytes > 0, bytes }, `${did} (${took})\n${zip.key}`);
  return { key };
}

async function storePush(aws: Aws, target: UploadTarget, push: RevisionPush, signal: AbortSignal): Promise<void> {
  const json = Buffer.from(`${JSON.stringify(push, null, 2)}\n`);
  await uploadOnce(aws, target, { bytes: () => [json], type: 'application/json' }, signal);
}

function megabytes(bytes: number): string {
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
