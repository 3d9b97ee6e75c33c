import { createHash } from 'node:crypto';
import { nameAtPlace, nameOfHalf } from './name-at-place.ts';
import type { AcceptedPush } from './receive-delivery.ts';

/** The variable in which a build finds its push, as JSON. */
export const pushVariable = 'VENDHOST_PUSH';

/** StartBuild's request, as far as it is used (https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html). */
export interface BuildRequest {
  readonly projectName: string;
  /**
   * CodeBuild answers a second request with it, within five minutes, with the build of the first, and refuses one that differs in anything: so it
   * is of all that is asked. GitLab resends an event without the e-mail addresses in it (`app/models/hooks/web_hook_log.rb`).
   */
  readonly idempotencyToken: string;
  readonly environmentVariablesOverride: { name: string; value: string; type: 'PLAINTEXT' }[];
}

/**
 * The build of a push. Nothing of the payload is a name, a command or a setting of it: it is the value of one variable. Which half of a tenant
 * is built says whose token it was.
 */
export function buildRequest({ place, push }: AcceptedPush, projectForm: string): BuildRequest {
  const projectName = nameAtPlace(projectForm, { ...place, tenant: nameOfHalf(place.tenant, push.half) });
  const value = JSON.stringify(push);
  return {
    projectName,
    idempotencyToken: createHash('sha256').update(`${projectName}\n${value}`).digest('hex'),
    environmentVariablesOverride: [{ name: pushVariable, value, type: 'PLAINTEXT' }],
  };
}
