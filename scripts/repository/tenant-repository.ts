import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { shownValue } from '../config/issues.ts';
import { parseConfig } from '../config/load.ts';
import { readText } from '../config/reading/read-text.ts';
import { misnamed } from '../config/reading/repository-folders.ts';
import type { Half } from '../config/tenant.ts';
import { architectureOf, canBakeFor, type VendhostConfig, vendhostSchema } from '../config/vendhost.ts';
import { checkAppSpec } from './appspec/check-appspec.ts';
import { type Collected, collectFiles, rootFault } from './collect.ts';
import { type CheckFinding, fromFaults, type Severity } from './findings.ts';
import { isGitIgnored } from './git-ignored.ts';
import { otherHalf } from './half/other-half.ts';
import { checkInfrastructure } from './infrastructure.ts';
import { checkFiles } from './revision-files.ts';

export interface Checked {
  /** How many files were checked. */
  readonly files: number;
  readonly findings: readonly CheckFinding[];
  /** What only AWS knows. */
  readonly unchecked?: string;
}

const nothing: Pick<Collected, 'files' | 'findings'> = { files: [], findings: [] };

/**
 * Checks a tenant's repository: vendhost.yml, infrastructure/ and the software with its AppSpec, or the half that it has of them.
 */
export async function checkTenantRepository(directory: string, half?: Half): Promise<Checked> {
  const { isThere, value, faults, content } = await readVendhostFile(directory);
  // A faulty vendhost.yml must not hide the faults of the rest: continue with the defaults.
  const config = value ?? vendhostSchema.parse({});
  const infrastructure = half === 'software' ? { files: 0, findings: [] } : await checkInfrastructure(directory);
  const software = half === 'infrastructure' ? nothing : await checkSoftware(directory, config, { beforeBuild: true });
  return {
    files: (isThere ? 1 : 0) + infrastructure.files + software.files.length,
    findings: [
      ...fromFaults(faults),
      ...(await misnamedFiles(directory, ['vendhost.yml', 'platform.yml'])),
      ...(half === undefined ? [] : await otherHalf(directory, half, content)),
      ...(half === 'software' ? [] : machineFindings(content)),
      ...infrastructure.findings,
      ...software.findings,
    ],
    ...(half === 'software'
      ? {}
      : { unchecked: "the tenant's limits, which `vendhost host provision` reads from AWS" }),
  };
}

async function readVendhostFile(directory: string) {
  const file = 'vendhost.yml';
  const read = await readText(join(directory, file));
  if (read?.fault !== undefined) return { isThere: true, faults: [{ file, path: '', message: read.fault }] };
  return { isThere: read !== undefined, ...parseConfig(file, read?.text ?? '', vendhostSchema) };
}

/** Files that look like one that is read: `vendhost.yaml` would silently mean every default. */
export async function misnamedFiles(directory: string, names: readonly string[]): Promise<CheckFinding[]> {
  const found = await Promise.all(names.map(async (name) => [name, await misnamed(directory, name)] as const));
  return found.flatMap(([name, file]) =>
    file === undefined ? [] : [{ severity: 'fault', file, path: '', message: `is not read: must be named ${name}` }],
  );
}

/** What the schema accepts, but a bake or a release would not; faults of other keys do not hide it. */
function machineFindings(content: unknown): CheckFinding[] {
  const sections = Object(content) as Readonly<Record<string, unknown>>;
  const image = vendhostSchema.shape.image.safeParse(sections.image).data;
  const instances = vendhostSchema.shape.instances.safeParse(sections.instances).data;
  if (image === undefined || instances === undefined) return [];
  const finding = (severity: Severity, path: string, message: string) => ({
    severity,
    file: 'vendhost.yml',
    path,
    message,
  });
  const findings: CheckFinding[] = [];
  if (!canBakeFor({ image, instances })) {
    const needed = `an ${architectureOf(instances.type)} type, like instances.type ${shownValue(instances.type)}`;
    findings.push(
      finding('fault', 'image.builder_type', `${shownValue(image.builder_type)} is wrong: must be ${needed}`),
    );
  }
  if (instances.min === 0) {
    const why = 'CodeDeploy cannot release to a group without instances';
    findings.push(finding('warning', 'instances.min', `0 lets the group have no instances, and ${why}`));
  }
  if (instances.min === 1) {
    const why = 'the host answers 503 until it is back';
    findings.push(
      finding('warning', 'instances.min', `with 1, each release takes the only instance out of service, and ${why}`),
    );
  }
  return findings;
}

/**
 * Collects the software that vendhost.yml chooses and checks it with its AppSpec. Before a build, what is missing and ignored by
 * git is a warning only: the build may make it.
 */
export async function checkSoftware(
  directory: string,
  { revision }: VendhostConfig,
  { beforeBuild }: { beforeBuild: boolean },
): Promise<Pick<Collected, 'files' | 'findings'>> {
  const root = join(directory, revision.directory);
  const label = relative(directory, root) || '.';
  const only = (severity: Severity, message: string) => ({
    files: [],
    findings: [{ severity, file: `${label}/`, path: '', message }],
  });
  if (label === '..' || label.startsWith('../')) return only('fault', 'revision.directory leaves the repository');
  const isBuilt = async (path: string) => beforeBuild && (await isGitIgnored(directory, join(label, path)));
  const found = await stat(root).catch(() => undefined);
  if (found === undefined && (await isBuilt('.'))) {
    return only('warning', 'is not there, and git ignores it: a build must make it before the revision is packed');
  }
  if (found === undefined)
    return only('fault', 'missing: must be the folder with appspec.yml (revision.directory of vendhost.yml)');
  if (!found.isDirectory()) return only('fault', 'is not a folder (revision.directory of vendhost.yml)');
  const wrongRoot = await rootFault(directory, root);
  if (wrongRoot !== undefined) return only('fault', wrongRoot);
  const collected = await collectFiles(root, label, revision);
  const { files, findings } = collected;
  const ofAppSpec = await checkAppSpec(root, label, files, isBuilt);
  return { files, findings: [...ofAppSpec, ...findings, ...checkFiles(directory, { ...collected, label })] };
}
