import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { requireFolder } from '../config/reading/repository-folders.ts';
import { isFromFork } from '../gitlab/merge-request.ts';
import type { Runtime } from '../runtime.ts';
import { checkDeprecatedInputs } from './deprecated-inputs.ts';
import { counted, onlyOf, reportFindings } from './findings.ts';
import { halfOf } from './half/half-of.ts';
import { includedTwice } from './included-twice.ts';
import { checkPlatformRepository } from './platform-repository.ts';
import { isPlatformRepository } from './show.ts';
import { checkTenantRepository } from './tenant-repository.ts';

/**
 * Checks a tenant's or a platform's repository and lists all findings at once: warnings as progress,
 * faults as the error `CHECK_FAILED`.
 */
export async function checkRepository(runtime: Runtime, { directory }: { directory: string }): Promise<undefined> {
  await requireFolder(directory);
  const isPlatform = await isPlatformRepository(directory);
  runtime.out.step(`checking ${isPlatform ? 'the platform repository' : 'the tenant repository'} in ${directory}`);
  // A job runs at the repository's root, whatever folder the tenant's files are in; a person may be elsewhere.
  const root = existsSync(join(directory, '.gitlab-ci.yml')) ? directory : runtime.cwd;
  const { files, findings, unchecked } = isPlatform
    ? await checkPlatformRepository(directory)
    : await checkTenantRepository(directory, await halfOf(runtime, root));
  if (isFromFork(runtime.env)) {
    runtime.out.step(
      'the merge request comes from a fork, whose pipelines get no credentials: what the push after the merge would do is not planned',
    );
  }
  const all = [...findings, ...(isPlatform ? [] : await includedTwice(root)), ...(await checkDeprecatedInputs(root))];
  reportFindings(runtime, all);
  const warnings = onlyOf(all, 'warning').length;
  const summary = `${counted(files, 'file')} checked, ${counted(warnings, 'warning')}, no fault`;
  runtime.out.result({ files, warnings }, unchecked === undefined ? summary : `${summary}\nnot checked: ${unchecked}`);
}
