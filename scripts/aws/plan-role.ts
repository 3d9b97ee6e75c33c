import { type Place, planAccessVariable } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/**
 * The runtime with the read-only role of a tenant in an environment, if a job has an ID token; otherwise unchanged. Throws
 * `PLAN_ROLE_MISSING`.
 */
export function withPlanRole(runtime: Runtime, place: Place): Runtime {
  const { env } = runtime;
  if (env.VENDHOST_ID_TOKEN === undefined) return runtime;
  const name = planAccessVariable(place);
  const [region, role] = (env[name] ?? '').split(' ');
  if (region && role) return { ...runtime, env: { ...env, AWS_REGION: region, VENDHOST_ROLE_ARN: role } };
  if (env.VENDHOST_PLAN_ROLE_ARN) {
    return { ...runtime, env: { ...env, VENDHOST_ROLE_ARN: env.VENDHOST_PLAN_ROLE_ARN } };
  }
  throw new VendhostError('PLAN_ROLE_MISSING', `the job has an ID token but no variable ${name}`, {
    hint: `ask the platform team to run: vendhost tenant vend ${place.tenant} --environment ${place.environment}; it sets the variable`,
  });
}
