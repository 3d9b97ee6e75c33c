/** A Debian package that is installed, as dpkg's status file has it. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

/** A program that no package manager installed. */
export interface Program {
  readonly name: string;
  readonly version: string;
}

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly 'bom-ref': string;
}

/** The parts of a CycloneDX document that are read or changed here. */
export interface Bom {
  readonly components?: readonly { readonly 'bom-ref': string }[];
  readonly dependencies?: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
  readonly metadata?: {
    readonly component?: { readonly name?: string; readonly 'bom-ref': string };
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** Packages of `/var/lib/dpkg/status` that are installed (https://manpages.debian.org/bookworm/dpkg/dpkg-query.1.en.html). */
export function debianPackages(status: string): DebianPackage[] {
  return status.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(paragraph)?.[1];
    const [name, version, arch] = [field('Package'), field('Version'), field('Architecture')];
    if (name === undefined || version === undefined || arch === undefined) return [];
    return field('Status')?.endsWith(' installed') ? [{ name, version, arch }] : [];
  });
}

/**
 * npm's bill of materials without what is not installed; `installed` has `name@version`. `npm sbom --omit=dev` would also omit production
 * dependencies that a development dependency has as a peer (npm 11.19: aws-cdk-lib, which cdk-nag wants). The
 * project has its own name, not its folder's. Throws for a package that npm does not know: the lock file is another's.
 */
export function onlyInstalled(npm: Bom, installed: ReadonlySet<string>, project: string): Bom {
  const known = new Set(npm.components?.map((one) => one['bom-ref']));
  const unknown = [...installed].filter((one) => !known.has(one));
  if (unknown.length > 0) throw new Error(`in the image and not in package-lock.json: ${unknown.join(', ')}`);
  const root = npm.metadata?.component?.['bom-ref'];
  const isIn = (ref: string) => installed.has(ref) || ref === root;
  return {
    ...npm,
    metadata: { ...npm.metadata, component: { ...npm.metadata?.component, name: project, 'bom-ref': root ?? project } },
    components: npm.components?.filter((one) => isIn(one['bom-ref'])) ?? [],
    dependencies:
      npm.dependencies
        ?.filter(({ ref }) => isIn(ref))
        .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isIn) })) ?? [],
  };
}

/**
 * npm's bill of materials (`npm sbom`, CycloneDX 1.5) with the image's other contents; `ofBase` are npm packages that the base has, npm's own. Addresses of packages:
 * https://github.com/package-url/purl-spec.
 */
export function imageBom(
  npm: Bom,
  image: { name: string; version: string; digest: string },
  debian: readonly DebianPackage[],
  programs: readonly Program[],
  ofBase: readonly Program[] = [],
): Bom {
  const purl = `pkg:oci/${image.name}@${part(image.digest)}`;
  const added: Component[] = [
    ...debian.map(({ name, version, arch }) =>
      component(
        'library',
        name,
        version,
        `pkg:deb/debian/${part(name)}@${part(version)}?arch=${arch}&distro=debian-12`,
      ),
    ),
    ...ofBase.map(({ name, version }) =>
      component(
        'library',
        name,
        version,
        `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${part(version)}`,
      ),
    ),
    ...programs.map(({ name, version }) =>
      component('application', name, version, `pkg:generic/${part(name)}@${part(version)}`),
    ),
  ];
  return {
    ...npm,
    metadata: {
      ...npm.metadata,
      // npm says that of a lock file.
      lifecycles: [{ phase: 'post-build' }],
      component: { ...component('container', image.name, image.version, purl), ...license('MIT') },
    },
    // The graph of npm's packages starts at this project, which is one component of the image.
    components: [...(npm.metadata?.component ? [npm.metadata.component] : []), ...(npm.components ?? []), ...added],
  };
}

function component(type: string, name: string, version: string, purl: string): Component {
  return { type, name, version, purl, 'bom-ref': purl };
}

const license = (id: string) => ({ licenses: [{ license: { id } }] });

/** purl leaves colons as they are, and encodes the rest as in a URL. */
const part = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':');
