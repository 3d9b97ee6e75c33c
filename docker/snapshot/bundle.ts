import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '../..');
const push = join(root, 'scripts/commands/revision/push.ts');
/** Packages that a push may need; all others are loaded from their files. */
const inside = /^(yargs|zod|yaml|ignore|fflate|yazl|@aws-sdk\/(client-(s3|ssm)|credential-providers))$/;
/** Prefix of the name of a package that is not in the bundle. */
const outside = 'outside:';
/**
 * Modules of Node that V8 cannot write into a snapshot, that Node cannot load in a thread if the snapshot has them, or that it warns about:
 * loaded when they are used. While the snapshot is built their functions do nothing: the SDK tests whether there are hashes.
 */
const lateModules = [
  'http',
  'https',
  'http2',
  'tls',
  'dns',
  'dns/promises',
  'child_process',
  'worker_threads',
  'module',
  'crypto',
];

/** Everything that `vendhost revision push` may run, as one file for `node --build-snapshot`. */
export async function pushBundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'entry.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // If a package has them, modules whose exports are not copied for each import.
    mainFields: ['module', 'main'],
    plugins: [ownPlaces, onlyPush, otherPackages, late],
    // A snapshot has no import().
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    // V8 keeps a text in one byte per character, unless one of them needs two.
    charset: 'ascii',
    legalComments: 'none',
    tsconfigRaw: {},
    // Node prints the line of an error.
    lineLimit: 200,
    // The `require` of a snapshot knows only Node's own modules.
    banner: {
      js: `require = ((own) => (name) =>
  name.startsWith('${outside}')
    ? own('node:module').createRequire(${JSON.stringify(pathToFileURL(import.meta.filename).href)})(name.slice(${outside.length}))
    : own(name))(require);`,
    },
  });
  return outputFiles[0]?.text ?? '';
}

/** A file knows its own path, as if it were not in the bundle. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup(builder) {
    builder.onLoad(
      { filter: /\/(scripts|cdk|bin)\/.*\.[jt]s$|\/node_modules\/(yargs|y18n)[^/]*\/.*\.m?js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = text
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
        return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
      },
    );
  },
};

/** What other commands import at run time stays out. */
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
      isBuiltin(path) || importer.includes('/node_modules/') || inside.test(path)
        ? undefined
        : { path: `${outside}${path}`, external: true },
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
      const { constants, ...exported } = process.getBuiltinModule(path) as Readonly<Record<string, unknown>>;
      const names = Object.keys(exported).filter((name) => name !== 'default');
      // Classes start with a capital letter, and a class that extends one needs it at once.
      const isFunction = (name: string) => typeof exported[name] === 'function' && /^[a-z]/.test(name);
      return {
        contents: `const { startupSnapshot } = process.getBuiltinModule('node:v8');
const load = () => process.getBuiltinModule(${JSON.stringify(`node:${path}`)});
const functions = ${JSON.stringify(names.filter(isFunction))};
for (const name of functions) exports[name] = (...given) => (startupSnapshot.isBuildingSnapshot() ? undefined : load()[name](...given));
const others = ${JSON.stringify(names.filter((name) => !isFunction(name)))};
for (const name of others) Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });
Object.defineProperty(exports, '__esModule', { value: true });
Object.defineProperty(exports, 'default', { get: load });
${constants === undefined ? '' : `exports.constants = ${JSON.stringify(constants)};`}`,
      };
    });
  },
};
