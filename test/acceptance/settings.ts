import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { domainName, projectPath } from '../../scripts/config/environment.ts';
import { configError, parseConfig } from '../../scripts/config/load.ts';
import { accountNumber, certificateArn, gitlabAddress, regionName } from '../../scripts/config/platform.ts';
import { VendhostError } from '../../scripts/errors.ts';
import { version } from '../local-gitlab/platform.ts';

const minutes = (preset: number) => z.number().positive().max(600).default(preset);

const settings = z.strictObject({
  account: accountNumber,
  region: regionName,
  /** For credentials of another account. */
  role: z.string().startsWith('arn:', 'the ARN of an IAM role').optional(),
  domain: domainName,
  certificate: certificateArn,
  cidr: z
    .string()
    .regex(/^(10|172|192)(\.\d{1,3}){3}\/16$/, 'a private /16')
    .default('10.77.0.0/16'),
  gitlab: gitlabAddress,
  /** Where AWS reads GitLab's keys, if that is not GitLab. */
  issuer: z.url().optional(),
  project: projectPath,
  library: projectPath.default('platform/vendhost'),
  ref: z.string().optional(),
  image: z.string().optional(),
  tags: z.array(z.string()).default([]),
  /** Networks that the runners go out with; without them they are in the VPC, or in a network connected to it. */
  runners: z.array(z.string()).default([]),
  limits_minutes: z.strictObject({ command: minutes(60), pipeline: minutes(90), removal: minutes(45) }).prefault({}),
  /** Where the load balancer answers, if not at its own name: the local world's router. */
  balancer: z.strictObject({ https: z.url(), http: z.url() }).optional(),
});

/** What the kit is given. */
export type Settings = z.output<typeof settings>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings: those of the file, and over them `VENDHOST_ACCEPTANCE_<KEY>` for keys that are one value. Throws
 * `CONFIG_INVALID` with every fault.
 */
export async function readSettings(file: string, env: Environment): Promise<Settings> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const read = parseConfig(file, text, z.looseObject({}));
  const merged = stringify({ ...read.value, ...fromEnvironment(env) });
  const { value, faults } = read.value === undefined ? { faults: read.faults } : parseConfig(file, merged, settings);
  if (value === undefined) {
    const { code, message, details } = configError(faults);
    throw new VendhostError(code, message, { details, hint: 'docs/acceptance.md has every key, and an example' });
  }
  return { ...value, ref: value.ref ?? `v${await version()}`, image: value.image ?? `$CI_REGISTRY/${value.library}` };
}

function fromEnvironment(env: Environment): Record<string, string> {
  const single = [
    'account',
    'region',
    'role',
    'domain',
    'certificate',
    'cidr',
    'gitlab',
    'issuer',
    'project',
    'library',
  ];
  const known = [...single, 'ref', 'image'].map(
    (key) => [key, env[`VENDHOST_ACCEPTANCE_${key.toUpperCase()}`]] as const,
  );
  return Object.fromEntries(known.filter((pair): pair is [string, string] => Boolean(pair[1])));
}

/** The host that the tenant gets. */
export const hostOf = ({ domain }: Settings) => `shop.${domain}`;

/** Files of the platform repository. */
export function platformFiles(given: Settings): Record<string, string> {
  const { account, region, role, domain, certificate, cidr, gitlab, issuer, library, runners, project } = given;
  const dev = { account, region, ...(role && { role }), cidr, domain, certificate };
  const builders = runners.length === 0 ? {} : { builders: { access: 'public', runners } };
  const environments = { dev: { ...dev, ...builders } };
  return {
    'platform.yml': stringify({ name: 'acceptance', gitlab, ...(issuer && { issuer }), library, environments }),
    'tenants/shop.yml': stringify({ project, hosts: { dev: [hostOf(given)] } }),
  };
}

/** `.gitlab-ci.yml` of the tenant. */
export function tenantPipeline({ library, ref, image, tags }: Settings): string {
  const inputs = { tenant: 'shop', image, ...(tags.length > 0 && { tags }) };
  return stringify({ include: [{ project: library, ref, file: '/ci-templates/tenant.gitlab-ci.yml', inputs }] });
}
