import { factsSchema, type PlatformFacts, type TenantRecord, tenantRecordSchema } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Aws } from './session.ts';

/** Reads what the platform publishes for an environment, in one paged call. Throws `PLATFORM_MISSING` when it was never deployed. */
export async function readPlatformFacts(aws: Aws, environment: string): Promise<PlatformFacts> {
  const { paginateGetParametersByPath } = await import('@aws-sdk/client-ssm');
  const path = `${names.factsPath(environment)}/`;
  const found: Record<string, string> = {};
  for await (const page of paginateGetParametersByPath({ client: await aws.ssm() }, { Path: path })) {
    for (const { Name, Value } of page.Parameters ?? []) {
      if (Name !== undefined && Value !== undefined) found[Name.slice(path.length)] = Value;
    }
  }
  const parsed = factsSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  const absent = parsed.error.issues.map((issue) => `${path}${issue.path.join('.')}`);
  throw new VendhostError(
    'PLATFORM_MISSING',
    `the platform of ${environment} does not publish all it should in ${aws.region}`,
    {
      details: absent.map((name) => `missing or wrong: SSM parameter ${name}`),
      hint: `deploy it: vendhost platform deploy --environment ${environment}`,
    },
  );
}

/** Reads a tenant's record; throws `TENANT_UNKNOWN` when it was not vended in the environment. */
export async function readTenantRecord(aws: Aws, place: Place): Promise<TenantRecord> {
  const { GetParameterCommand, ParameterNotFound } = await import('@aws-sdk/client-ssm');
  const name = names.tenantRecord(place);
  try {
    const { Parameter } = await (await aws.ssm()).send(new GetParameterCommand({ Name: name }));
    return tenantRecordSchema.parse(JSON.parse(Parameter?.Value ?? ''));
  } catch (cause) {
    if (!(cause instanceof ParameterNotFound)) throw cause;
    throw new VendhostError(
      'TENANT_UNKNOWN',
      `no tenant ${place.tenant} in ${place.environment}: no SSM parameter ${name}`,
      {
        hint: `the platform vends it: vendhost tenant vend ${place.tenant} --environment ${place.environment}`,
        cause,
      },
    );
  }
}
