import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '../..');
const push = join(root, 'scripts/commands/revision/push.ts');
/** Packages that a push may need; all others are loaded from their files. */
const inside = /^(yargs|zod|yaml|ignore|fflate|yazl|@aws-sdk\/(client-(s3|ssm)|credential-providers))$/;
/** Modules of Node that V8 cannot write into a snapshot, or that Node warns of: loaded when the first of what they export is used. */
const lateModules = ['http', 'https', 'http2', 'tls', 'dns', 'dns/promises', 'child_process', 'worker_threads', 'module'];

/** All that `vendhost revision push` may run, as one file for `node --build-snapshot`. */
export async function pushBundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'entry.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    plugins: [ownPlaces, onlyPush, otherPackages, late],
    // A snapshot has no import().
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    charset: 'utf8',
    legalComments: 'none',
    // The function that a snapshot gets for `require` knows Node's own modules only.
    banner: {
      js: `require = (own => name => own("node:module").isBuiltin(name) ? own(name) : own("node:module").createRequire(${JSON.stringify(join(root, 'package.json'))})(name))(require);`,
    },
  });
  return outputFiles[0]?.text ?? '';
}

/** A file knows where it is, as if it were not in the bundle. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup(builder) {
    builder.onLoad({ filter: /\/(scripts|cdk|bin)\/.*\.[jt]s$|\/node_modules\/(yargs|y18n)[^/]*\/.*\.m?js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** What other commands import when they run stays out. */
const onlyPush: Plugin = {
  name: 'only-push',
  setup(builder) {
    builder.onResolve({ filter: /^\./ }, ({ kind, importer }) => {
      const isOther = importer.startsWith(join(root, 'scripts/commands/')) && importer !== push;
      return kind === 'dynamic-import' && isOther ? { path: 'other', namespace: 'other-command' } : undefined;
    });
    builder.onLoad({ filter: /./, namespace: 'other-command' }, () => ({
      contents: 'throw new Error("the snapshot has revision push alone")',
    }));
  },
};

const otherPackages: Plugin = {
  name: 'other-packages',
  setup(builder) {
    builder.onResolve({ filter: /^[@\w]/ }, ({ path, importer }) =>
      isBuiltin(path) || importer.includes('/node_modules/') || inside.test(path) || importer === '' ? undefined : { path, external: true },
    );
  },
};

const late: Plugin = {
  name: 'late',
  setup(builder) {
    builder.onResolve({ filter: new RegExp(`^(node:)?(${lateModules.join('|')})$`) }, ({ path }) => ({
      path: path.replace(/^node:/, ''),
      namespace: 'late',
    }));
    builder.onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => {
      const { constants, ...exported } = (await import(`node:${path}`)) as Record<string, unknown>;
      const names = Object.keys(exported).filter((name) => name !== 'default');
      // Under a name that is not bundled.
      return {
        contents: `const load = () => globalThis.process.getBuiltinModule(${JSON.stringify(`node:${path}`)});
for (const name of ${JSON.stringify(names)}) Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });
Object.defineProperty(exports, '__esModule', { value: true });
Object.defineProperty(exports, 'default', { get: load });
${constants === undefined ? '' : `exports.constants = ${JSON.stringify(constants)};`}`,
      };
    });
  },
};
