import { libraryVersion } from '../../ci/library-version.ts';
import { projectPath, tenantName } from '../../config/environment.ts';
import { halves } from '../../config/tenant.ts';
import type { Runtime } from '../../runtime.ts';
import { checkedBy, namedIn, productionBranch, runnerTags } from '../answer-checks.ts';
import { wordsIn } from '../by-environment.ts';
import { answersTo, type Checks } from '../questions.ts';
import { type InitOptions, startRepository } from '../starting-files.ts';
import { tenantQuestions } from './tenant-questions.ts';
import { tenantFiles } from './tenant-repository-files.ts';

const checks: Checks = {
  tenant: checkedBy(tenantName),
  library: checkedBy(projectPath),
  database: checkedBy(/^(none|mysql)$/, 'none or mysql'),
  tags: runnerTags,
  'production-branch': productionBranch,
};

/** Writes a tenant's first files. Throws `USAGE` for answers that are missing or wrong, and like `startRepository`. */
export async function initTenant(
  runtime: Runtime,
  { directory, dryRun, given }: InitOptions,
): Promise<number | undefined> {
  const answers = await answersTo(runtime, tenantQuestions, checks, namedIn(given));
  const text = (key: string) => answers[key] ?? '';
  const start = {
    tenant: text('tenant'),
    library: text('library'),
    hasDatabase: text('database') === 'mysql',
    tags: wordsIn(text('tags')),
    productionBranch: text('production-branch'),
    half: halves.find((half) => half === given.half),
  };
  const files = tenantFiles(start, libraryVersion());
  return await startRepository(runtime, { directory, dryRun, files, next: nextSteps });
}

const nextSteps = [
  'vendhost config check',
  'commit, and push to the branch dev once the platform team has vended the tenant',
  'all steps are in docs/quick-start-tenant.md of Vendhost; when it runs, docs/day-two.md has the templates operations and upkeep',
];
