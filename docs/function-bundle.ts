import { join } from 'node:path';
import { build } from 'esbuild';

/** Where the bundle is kept: a template has its text, so that nothing must be uploaded before a stack is deployed. */
export const bundleFile = join(import.meta.dirname, '../cdk/webhook/function.cjs');

/** The webhook's functions as one file for Lambda's Node 24, which has the SDK itself. */
export async function functionBundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../scripts/webhook/function/handlers.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    // CloudFormation writes inline code to index.js, which is CommonJS.
    format: 'cjs',
    external: ['@aws-sdk/*'],
    minifySyntax: true,
    minifyWhitespace: true,
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: '// @ts-nocheck' },
  });
  return outputFiles[0]?.text ?? '';
}
