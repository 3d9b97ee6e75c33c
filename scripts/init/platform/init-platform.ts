import { libraryVersion } from '../../ci/library-version.ts';
import { domainName, environments, projectPath, tenantName } from '../../config/environment.ts';
import { tenantFaults } from '../../config/host-checks.ts';
import { configError, parseConfig } from '../../config/load.ts';
import {
  accountNumber,
  certificateArn,
  gitlabAddress,
  platformName,
  platformSchema,
  regionName,
  runnerNetwork,
} from '../../config/platform.ts';
import { issuerForm } from '../../config/platform-checks.ts';
import { tenantSchema } from '../../config/tenant.ts';
import type { Runtime } from '../../runtime.ts';
import { checkedBy, listedBy, namedIn, productionBranch, runnerTags } from '../answer-checks.ts';
import { eachEnvironment } from '../by-environment.ts';
import { answersTo, type Checks } from '../questions.ts';
import { type InitOptions, type StartingFile, startRepository } from '../starting-files.ts';
import { type PlatformStart, platformStart } from './platform-answers.ts';
import { platformQuestions } from './platform-questions.ts';
import { platformFiles } from './platform-repository-files.ts';
import { platformSteps } from './platform-steps.ts';

const checks: Checks = {
  name: checkedBy(platformName),
  gitlab: issuingGitlab,
  project: checkedBy(projectPath),
  library: checkedBy(projectPath),
  environments: listedBy((word) =>
    environments.some((each) => each === word) ? undefined : `some of ${environments.join(', ')}`,
  ),
  account: eachEnvironment(checkedBy(accountNumber, 'a 12-digit account number')),
  region: eachEnvironment(checkedBy(regionName)),
  domain: eachEnvironment(checkedBy(domainName)),
  certificate: eachEnvironment(checkedBy(certificateArn), { isPartial: true }),
  role: checkedBy(/^(([\w+=,.@-]+\/)*[\w+=,.@-]{1,64})?$/, 'the name of an IAM role'),
  runners: listedBy(checkedBy(runnerNetwork)),
  tags: runnerTags,
  'production-branch': productionBranch,
  tenant: checkedBy(tenantName),
  'tenant-project': checkedBy(projectPath),
};

/**
 * Writes a platform's first files. Throws `USAGE` for answers that are missing or wrong, `CONFIG_INVALID` for
 * those that do not fit together, and like `startRepository`.
 */
export async function initPlatform(
  runtime: Runtime,
  { directory, dryRun, given }: InitOptions,
): Promise<number | undefined> {
  const answers = await answersTo(runtime, platformQuestions, checks, namedIn(given));
  const start = platformStart(answers);
  const files = platformFiles(start, libraryVersion());
  checkTogether(start, files);
  return await startRepository(runtime, { directory, dryRun, files, next: platformSteps(start) });
}

/** The files name no issuer of ID tokens other than GitLab. */
function issuingGitlab(answer: string): string | undefined {
  const isIssuer = issuerForm.test(answer.replace(/\/+$/, '')) && gitlabAddress.safeParse(answer).success;
  return isIssuer
    ? undefined
    : 'an address that begins with https://, with a lower-case domain and without a port, as AWS takes it; for another write platform.yml by hand, see docs/gitlab.md';
}

/** Valid answers may not fit together: two environments of one domain, a certificate of another account. */
function checkTogether({ tenant }: PlatformStart, files: readonly StartingFile[]): void {
  const textOf = (path: string) => files.find((file) => file.path === path)?.text ?? '';
  const platform = parseConfig('platform.yml', textOf('platform.yml'), platformSchema);
  if (platform.value === undefined) throw configError(platform.faults);
  if (tenant === undefined) return;
  const file = `tenants/${tenant.name}.yml`;
  const parsed = parseConfig(file, textOf(file), tenantSchema);
  const faults =
    parsed.value === undefined ? parsed.faults : tenantFaults(file, platform.value.environments, parsed.value);
  if (faults.length > 0) throw configError(faults);
}
