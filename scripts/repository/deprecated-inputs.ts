import { type LibraryTemplate, readPipelineFile } from '../ci/pipeline-file.ts';
import type { CheckFinding } from './findings.ts';

/**
 * Inputs of the library's templates that `.gitlab-ci.yml` sets and a later version will not have. GitLab judges what cannot be read
 * here.
 *
 * @param directory where `.gitlab-ci.yml` is, if there is one
 */
export async function checkDeprecatedInputs(directory: string): Promise<CheckFinding[]> {
  const file = await readPipelineFile(directory).catch(() => undefined);
  return deprecationFindings(file?.templates ?? []);
}

/** A warning for each of them, with what its description says to do. */
export function deprecationFindings(
  templates: readonly Pick<LibraryTemplate, 'name' | 'deprecated'>[],
): CheckFinding[] {
  return templates.flatMap(({ name, deprecated }) =>
    deprecated.map(({ input, instead }) => ({
      severity: 'warning' as const,
      file: '.gitlab-ci.yml',
      path: `include: inputs.${input}`,
      message: `${name}.yml will not have it in the next major version: ${instead}`,
    })),
  );
}
