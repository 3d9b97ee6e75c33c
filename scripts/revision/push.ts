import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlatformFacts } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { readVendhostConfig } from '../config/files.ts';
import { keys, type Place } from '../config/names.ts';
import type { RevisionPush } from '../config/stored.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import { duration } from '../output.ts';
import { reportFindings } from '../repository/check.ts';
import { counted } from '../repository/findings.ts';
import { checkSoftware } from '../repository/tenant-repository.ts';
import type { Runtime } from '../runtime.ts';
import { type HashedFile, hashContent } from './hash.ts';
import { isUploaded, uploadFile, uploadJson } from './upload.ts';
import { checkFits, writeZip } from './zip.ts';

export interface PushOptions extends Place {
  /** The tenant's repository. */
  directory: string;
  dryRun: boolean;
}

interface Revision {
  readonly sha256: string;
  readonly files: readonly HashedFile[];
  readonly bucket: string;
  readonly key: string;
  readonly pushKey: string;
}

/**
 * Makes the revision of a checkout: checks it, names it by its content, and uploads it unless that name is in the bucket.
 * The metadata of the push that first uploaded it is stored beside it as JSON. Throws `CHECK_FAILED` before anything is uploaded.
 */
export async function pushRevision(runtime: Runtime, options: PushOptions): Promise<ExitCode | undefined> {
  const { out, signal } = runtime;
  const start = performance.now();
  const config = await readVendhostConfig(options.directory);
  const software = await checkSoftware(options.directory, config, { beforeBuild: false });
  reportFindings(runtime, software.findings);
  // Checked before gigabytes are hashed, in a dry run too.
  checkFits(software.files);
  const { sha256, files } = await hashContent(software.files, signal);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  out.step(`revision ${sha256}: ${counted(files.length, 'file')}, ${megabytes(size)}`);

  const aws = openAws(runtime);
  const { bucket } = await readPlatformFacts(aws, options.environment);
  const key = keys.revision(options.tenant, sha256);
  const revision = { sha256, files, bucket, key, pushKey: keys.push(options.tenant, sha256) };
  const isThere = await isUploaded(aws, revision, signal);
  const bytes = isThere || options.dryRun ? 0 : await upload(runtime, aws, revision);
  const result = { revisionKey: key, sha256, uploaded: bytes > 0, bytes };
  const seconds = duration(performance.now() - start);
  if (options.dryRun && !isThere) {
    out.result(result, `would upload ${key} to ${bucket}`);
    return exitCodes.differs;
  }
  const push: RevisionPush = { sha256, ...pushOf(runtime.env) };
  if (!options.dryRun) await uploadJson(aws, { bucket, key: revision.pushKey }, push, signal);
  const did = bytes > 0 ? `uploaded ${megabytes(bytes)} to ${bucket}` : `nothing uploaded: ${bucket} has this content`;
  out.result(result, `${did} (${seconds})\n${key}`);
  return undefined;
}

/** Zips into a temporary file, which is always removed; returns the bytes uploaded, 0 when another job was first. */
async function upload({ out, signal }: Runtime, aws: Aws, revision: Revision): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'vendhost-revision-'));
  try {
    const file = join(folder, 'revision.zip');
    const bytes = await writeZip(revision, file, signal);
    out.detail(`packed ${megabytes(bytes)}`);
    return (await uploadFile(aws, revision, file, signal)) ? bytes : 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function megabytes(bytes: number): string {
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
