import type { Project } from './api-state.ts';

export interface PackageFile {
  readonly id: number;
  readonly file_name: string;
  readonly bytes: Buffer;
}

export interface Package {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly package_type: 'npm' | 'generic';
  readonly files: readonly PackageFile[];
}

export interface Release {
  readonly tag_name: string;
  readonly name: string;
  readonly description: string;
  readonly links: readonly ReleaseLink[];
}

export interface ReleaseLink {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly link_type: string;
}

/** Package registry and releases of the local GitLab's projects. */
export class Packages {
  readonly #packages = new Map<number, Package[]>();
  readonly #releases = new Map<number, Release[]>();
  readonly #distTags = new Map<number, Record<string, string>>();
  #ids = 0;
  /** Whether a project's repository has a tag: a release without one is refused. */
  isTag: (project: Project, tag: string) => Promise<boolean> = async () => true;

  packages({ id }: Project): readonly Package[] {
    return this.#packages.get(id) ?? [];
  }

  /** Adds a file to a package, which is made if it is not there; a second file of that name is kept beside the first. */
  addFile(
    project: Project,
    type: Package['package_type'],
    [name, version, file]: readonly string[],
    bytes: Buffer,
  ): void {
    const all = this.packages(project);
    const found = all.find((each) => each.package_type === type && each.name === name && each.version === version);
    const added = { id: this.#nextId(), file_name: file ?? '', bytes };
    const own: Package = found ?? {
      id: this.#nextId(),
      name: name ?? '',
      version: version ?? '',
      package_type: type,
      files: [],
    };
    const changed = { ...own, files: [...own.files, added] };
    this.#packages.set(project.id, [...all.filter((each) => each !== found), changed]);
  }

  distTags({ id }: Project): Readonly<Record<string, string>> {
    return this.#distTags.get(id) ?? {};
  }

  setDistTags(project: Project, tags: Readonly<Record<string, string>>): void {
    this.#distTags.set(project.id, { ...this.distTags(project), ...tags });
  }

  releases({ id }: Project): readonly Release[] {
    return this.#releases.get(id) ?? [];
  }

  saveRelease(project: Project, release: Release): Release {
    const others = this.releases(project).filter(({ tag_name }) => tag_name !== release.tag_name);
    this.#releases.set(project.id, [release, ...others]);
    return release;
  }

  saveLink(
    project: Project,
    release: Release,
    { id = this.#nextId(), ...values }: Omit<ReleaseLink, 'id'> & { id?: number },
  ) {
    const link = { id, ...values };
    this.saveRelease(project, { ...release, links: [...release.links.filter((each) => each.id !== id), link] });
    return link;
  }

  #nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }
}
