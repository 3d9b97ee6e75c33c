import type { ZodError, z } from 'zod';
import {
  balancerFacts,
  factsSchema,
  factsVersion,
  type PlatformFacts,
  recordVersion,
  type TenantRecord,
  tenantRecordSchema,
  type VendedRecord,
  vendedRecordSchema,
  versionFact,
} from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { jsonIn } from './read-stored.ts';
import type { Aws } from './session.ts';

/** All SSM parameters the platform publishes for an environment, by their names below its path. */
export interface PublishedFacts {
  readonly environment: string;
  readonly region: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Reads what the platform publishes for an environment, in one paged call. */
export async function readPublishedFacts(aws: Aws, environment: string): Promise<PublishedFacts> {
  const { paginateGetParametersByPath } = await import('@aws-sdk/client-ssm');
  const path = `${names.factsPath(environment)}/`;
  const values: Record<string, string> = {};
  for await (const page of paginateGetParametersByPath({ client: await aws.ssm() }, { Path: path })) {
    for (const { Name, Value } of page.Parameters ?? []) {
      if (Name !== undefined && Value !== undefined) values[Name.slice(path.length)] = Value;
    }
  }
  return { environment, region: aws.region, values };
}

/**
 * The facts for a tenant of one load balancer. Throws `PLATFORM_MISSING` when not all of them are published, `PLATFORM_NEWER` when
 * they contain something that this version does not know.
 */
export function platformFacts({ environment, region, values }: PublishedFacts, loadBalancer: number): PlatformFacts {
  if (Number(values[versionFact] ?? 0) > factsVersion) {
    throw new VendhostError(
      'PLATFORM_NEWER',
      `the platform of ${environment} publishes facts of version ${values[versionFact]}, and this version of Vendhost reads ${factsVersion}`,
      { hint: newerHint },
    );
  }
  const path = `${names.factsPath(environment)}/`;
  const own = balancerFacts.map((fact) => [fact, values[names.balancerFact(fact, loadBalancer)]] as const);
  const parsed = factsSchema.safeParse({ ...values, ...Object.fromEntries(own) });
  if (parsed.success) return parsed.data;
  const absent = parsed.error.issues.map(({ path: [fact] }) => {
    const isBalancers = balancerFacts.some((name) => name === fact);
    return `${path}${isBalancers ? names.balancerFact(String(fact), loadBalancer) : String(fact)}`;
  });
  throw new VendhostError(
    'PLATFORM_MISSING',
    `the platform of ${environment} does not publish everything a tenant needs in ${region}`,
    {
      details: absent.map((name) => `missing or wrong: SSM parameter ${name}`),
      hint: `ask the platform team to deploy it: vendhost platform deploy --environment ${environment}`,
    },
  );
}

/** The platform's facts, with those of the first load balancer: for callers that need no load balancer. */
export async function readPlatformFacts(aws: Aws, environment: string): Promise<PlatformFacts> {
  return platformFacts(await readPublishedFacts(aws, environment), 1);
}

/**
 * Reads a tenant's record. Throws `TENANT_UNKNOWN` when the tenant was not vended in the environment, `RECORD_OUTDATED` when an
 * older version of Vendhost vended it, `RECORD_NEWER` when a newer one did that this version cannot read, `RECORD_UNREADABLE` for what
 * no version wrote.
 */
export async function readTenantRecord(aws: Aws, place: Place): Promise<TenantRecord> {
  return await recordAs(aws, place, tenantRecordSchema);
}

/** Like `readTenantRecord`, for a record as any version wrote it, and only the part that a vend needs. */
export async function readVendedRecord(aws: Aws, place: Place): Promise<VendedRecord> {
  return await recordAs(aws, place, vendedRecordSchema);
}

async function recordAs<T>(aws: Aws, place: Place, schema: z.ZodType<T>): Promise<T> {
  const stored = jsonIn(await readStoredRecord(aws, place));
  const name = `the record of ${place.tenant} in ${place.environment}`;
  if (typeof stored !== 'object' || stored === null) {
    throw new VendhostError('RECORD_UNREADABLE', `${name} is not one of Vendhost's: ${names.tenantRecord(place)}`, {
      hint: vendHint(place),
    });
  }
  const { version } = stored as { version?: unknown };
  if (typeof version === 'number' && version > recordVersion) {
    const message = `${name} has version ${version}, and this version of Vendhost reads ${recordVersion}`;
    throw new VendhostError('RECORD_NEWER', message, { hint: newerHint });
  }
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw outdated(place, parsed.error);
}

/** The text of the record; throws `TENANT_UNKNOWN` when there is none. */
export async function readStoredRecord(aws: Aws, place: Place): Promise<string> {
  const { GetParameterCommand, ParameterNotFound } = await import('@aws-sdk/client-ssm');
  const name = names.tenantRecord(place);
  try {
    const { Parameter } = await (await aws.ssm()).send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value ?? '';
  } catch (cause) {
    if (!(cause instanceof ParameterNotFound)) throw cause;
    throw new VendhostError(
      'TENANT_UNKNOWN',
      `no tenant ${place.tenant} in ${place.environment}: no SSM parameter ${name}`,
      {
        hint: vendHint(place),
        cause,
      },
    );
  }
}

/** The versions of a platform and its tenants are raised independently; the platform's goes first. */
const newerHint =
  "use the platform's version of Vendhost or a later one: in a tenant's .gitlab-ci.yml it follows @, or is in ref";

function vendHint({ tenant, environment }: Place): string {
  return `ask the platform team to vend it: vendhost tenant vend ${tenant} --environment ${environment}`;
}

function outdated(place: Place, { issues }: ZodError): VendhostError {
  const keys = issues.map(({ path }) => path.join('.')).filter((key) => key !== '');
  return new VendhostError(
    'RECORD_OUTDATED',
    `the record of ${place.tenant} in ${place.environment} is not as this version of Vendhost writes it`,
    {
      details: keys.map((key) => `missing or wrong in ${names.tenantRecord(place)}: ${key}`),
      hint: `${vendHint(place)}; with an existing virtual host: docs/runbook.md#move-a-tenant-of-an-older-version`,
    },
  );
}
