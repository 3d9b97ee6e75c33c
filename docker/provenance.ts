/** What a build knows about itself. */
export interface Build {
  /** Where it was pushed to, without its tag; else its name in local storage. */
  readonly name: string;
  /** `sha256:…` of the manifest: in the registry if it was pushed, else in local storage. */
  readonly digest: string;
  readonly base: string;
  /** `sha256:…` of the base's manifest. */
  readonly baseDigest: string;
  readonly commit: string;
  /** Files that were not committed when it was built. */
  readonly changed: readonly string[];
  readonly version: string;
  readonly arch: string;
  readonly buildArgs: readonly string[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * A statement of how the image was built, which a release signs: in-toto's Statement v1 (https://in-toto.io/Statement/v1) with SLSA's
 * predicate (https://slsa.dev/spec/v1.0/provenance). In a GitLab job it names project, job and runner.
 */
export function provenance(build: Build, env: Variables) {
  const repository = env.CI_PROJECT_URL ?? 'file://.';
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: build.name, digest: digestSet(build.digest) }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: `${repository}/-/blob/${build.commit}/docs/runner-image.md#provenance`,
        externalParameters: {
          source: `git+${repository}@${build.commit}`,
          dockerfile: 'docker/Dockerfile',
          base: build.base,
          arch: build.arch,
          buildArgs: Object.fromEntries(build.buildArgs.map(split)),
        },
        internalParameters: { version: build.version, uncommitted: build.changed },
        resolvedDependencies: [
          { uri: `git+${repository}@${build.commit}`, digest: { gitCommit: build.commit } },
          { uri: `docker://${build.base}`, digest: digestSet(build.baseDigest) },
          ...downloads(build.buildArgs),
        ],
      },
      runDetails: {
        builder: {
          id: env.CI_SERVER_URL === undefined ? 'file://local' : `${env.CI_SERVER_URL}/-/runners/${env.CI_RUNNER_ID}`,
        },
        metadata: {
          invocationId: env.CI_JOB_URL ?? 'local',
          startedOn: build.startedAt.toISOString(),
          finishedOn: build.finishedAt.toISOString(),
        },
      },
    },
  };
}

/** Programs by address and checksum: `X_URL` and `X_SHA256` of the Dockerfile. */
function downloads(buildArgs: readonly string[]) {
  const args = new Map(buildArgs.map(split));
  return [...args].flatMap(([name, uri]) => {
    const sha256 = args.get(name.replace(/_URL$/, '_SHA256'));
    return name.endsWith('_URL') && sha256 !== undefined ? [{ uri, digest: { sha256 } }] : [];
  });
}

function digestSet(digest: string): { sha256: string } {
  return { sha256: digest.replace(/^sha256:/, '') };
}

function split(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
