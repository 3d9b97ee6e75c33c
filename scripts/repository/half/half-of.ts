import { readPipelineFile } from '../../ci/pipeline-file.ts';
import { type Half, halves } from '../../config/tenant.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';

/**
 * Which half of a tenant a repository has: the one that the job's variable VENDHOST_HALF names, which the templates of the halves set, else the
 * one whose template its `.gitlab-ci.yml` includes; `undefined` when it has both. Throws `USAGE` for a variable that names none.
 *
 * @param root where `.gitlab-ci.yml` is, if there is one
 */
export async function halfOf({ env }: Pick<Runtime, 'env'>, root: string): Promise<Half | undefined> {
  const named = env.VENDHOST_HALF ?? '';
  const half = halves.find((each) => each === named);
  if (half !== undefined) return half;
  if (named !== '') {
    throw new VendhostError('USAGE', `"${named}" is wrong: VENDHOST_HALF must be ${halves.join(' or ')}`, {
      hint: 'unset it: the templates infrastructure and software set it',
    });
  }
  // GitLab judges what cannot be read here.
  const file = await readPipelineFile(root).catch(() => undefined);
  const included = (file?.templates ?? []).map(({ name }) => name);
  const own = halves.filter((each) => included.includes(each));
  return own.length === 1 && !included.includes('tenant') ? own[0] : undefined;
}
