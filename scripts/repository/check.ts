import { firstLines } from '../config/load.ts';
import { requireFolder } from '../config/reading/repository-folders.ts';
import { VendhostError } from '../errors.ts';
import { isFromFork } from '../gitlab/merge-request.ts';
import type { Runtime } from '../runtime.ts';
import { checkDeprecatedInputs } from './deprecated-inputs.ts';
import { type CheckFinding, counted, onlyOf, shownFinding } from './findings.ts';
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
  const { files, findings, unchecked } = await (isPlatform ? checkPlatformRepository : checkTenantRepository)(
    directory,
  );
  if (isFromFork(runtime.env)) {
    runtime.out.step(
      'the merge request comes from a fork, whose pipelines get no credentials: what the push after the merge would do is not planned',
    );
  }
  // A job runs at the repository's root, whatever folder the tenant's files are in.
  const all = [
    ...findings,
    ...(isPlatform ? [] : await includedTwice(runtime.cwd)),
    ...(await checkDeprecatedInputs(runtime.cwd)),
  ];
  reportFindings(runtime, all);
  const warnings = onlyOf(all, 'warning').length;
  const summary = `${counted(files, 'file')} checked, ${counted(warnings, 'warning')}, no fault`;
  runtime.out.result({ files, warnings }, unchecked === undefined ? summary : `${summary}\nnot checked: ${unchecked}`);
}

/** Shows notes and warnings; throws `CHECK_FAILED` with all faults when there are any. */
export function reportFindings({ out }: Runtime, findings: readonly CheckFinding[]): void {
  for (const note of onlyOf(findings, 'note')) out.detail(shownFinding(note));
  for (const line of firstLines(onlyOf(findings, 'warning').map(shownFinding))) out.warn(line);
  const faults = onlyOf(findings, 'fault');
  if (faults.length === 0) return;
  const files = new Set(faults.map(({ file }) => file)).size;
  const warnings = onlyOf(findings, 'warning').length;
  const also = warnings === 0 ? '' : ` (and ${counted(warnings, 'warning')})`;
  throw new VendhostError('CHECK_FAILED', `${counted(faults.length, 'fault')} in ${counted(files, 'file')}${also}`, {
    details: firstLines(faults.map(shownFinding)),
    hint: 'fix the lines above and push; `vendhost config check` checks a checkout before that',
  });
}
