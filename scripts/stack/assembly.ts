import { rm } from 'node:fs/promises';
import type { CachedCloudAssembly } from '@aws-cdk/toolkit-lib';
import type { App } from 'aws-cdk-lib';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { makeTemporary } from '../temporary.ts';
import { Synthesis } from './synthesis.ts';

/** Makes an app of `cdk/`; give the argument to the app, and import the app inside, so that it loads only when needed. */
export type AppBuilder = (props: { outdir?: string; context?: Record<string, unknown> }) => Promise<App>;

export interface Template {
  readonly Parameters?: Readonly<
    Record<string, { readonly Type?: string; readonly Default?: unknown; readonly NoEcho?: unknown }>
  >;
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>;
}

/** Synthesized stacks, ready to be planned and deployed into one account and region. */
export interface Assembly {
  readonly runtime: Runtime;
  readonly aws: Aws;
  readonly cloud: CachedCloudAssembly;
  /** Templates by stack name, in the order the stacks depend on each other. */
  readonly templates: ReadonlyMap<string, Template>;
}

/** Templates above this cannot be sent inline (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html). */
export const templateLimitBytes = 51_200;

/** Synthesizes an app in this process, does the work, and removes what synthesis wrote. */
export async function withAssembly<T>(
  runtime: Runtime,
  aws: Aws,
  build: AppBuilder,
  work: (assembly: Assembly) => Promise<T>,
): Promise<T> {
  const directory = await makeTemporary('assembly');
  try {
    return await synthesizeIn(directory, runtime, aws, build, work);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function synthesizeIn<T>(
  directory: string,
  runtime: Runtime,
  aws: Aws,
  build: AppBuilder,
  work: (assembly: Assembly) => Promise<T>,
): Promise<T> {
  const { Toolkit } = await import('@aws-cdk/toolkit-lib');
  const toolkit = new Toolkit({ ioHost: new Synthesis(runtime), color: false, emojis: false });
  const source = await toolkit.fromAssemblyBuilder(
    async ({ outdir, context }) => (await build({ ...(outdir === undefined ? {} : { outdir }), context })).synth(),
    {
      outdir: directory,
      clobberEnv: false,
      lookups: false,
      resolveDefaultEnvironment: false,
      synthOptions: { versionReporting: false, pathMetadata: false, assetMetadata: false },
    },
  );
  const cloud = await toolkit.synth(source).catch((thrown: unknown) => {
    // The toolkit wraps errors of the app; a `VendhostError` must reach the user as it is.
    throw causeOf(thrown) ?? thrown;
  });
  try {
    const templates = new Map(
      cloud.cloudAssembly.stacks.map((stack) => [stack.stackName, stack.template as Template] as const),
    );
    for (const [name, template] of templates) checkSize(name, template);
    return await work({ runtime, aws, cloud, templates });
  } finally {
    await cloud.dispose();
  }
}

/** Throws `TEMPLATE_TOO_LARGE` for a template that cannot be sent inline. */
export function checkSize(stack: string, template: Template): void {
  const bytes = Buffer.byteLength(templateBody(template));
  if (bytes <= templateLimitBytes) return;
  throw new VendhostError(
    'TEMPLATE_TOO_LARGE',
    `the template of ${stack} has ${bytes} bytes; CloudFormation takes ${templateLimitBytes} inline`,
    { hint: 'split the stack: Vendhost sends templates inline, so that no bootstrap bucket is needed' },
  );
}

/**
 * The template body to send: JSON without spaces takes two thirds of what YAML takes. It is in ASCII, as CloudFormation answers each other character
 * with `?` when it is asked for a template, and a plan compares with that
 * (https://github.com/aws/aws-cdk-cli/blob/main/packages/@aws-cdk/cloudformation-diff/lib/diff/util.ts, `mangleLikeCloudFormation`). What fits
 * only as it is, is sent as it is: its plans show an update, and deploys find nothing to do.
 */
export function templateBody(template: Template): string {
  const body = JSON.stringify(template);
  const ascii = body.replaceAll(
    /[\u0080-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return ascii.length <= templateLimitBytes ? ascii : body;
}

function causeOf(thrown: unknown): VendhostError | undefined {
  let error = thrown;
  while (error instanceof Error) {
    if (error instanceof VendhostError) return error;
    error = error.cause;
  }
  return undefined;
}

/** The requested stacks of an assembly, in its order; all without a list. */
export function chosenStacks(assembly: Assembly, stacks: readonly string[] | undefined): string[] {
  const all = [...assembly.templates.keys()];
  const unknown = stacks?.filter((name) => !assembly.templates.has(name)) ?? [];
  if (unknown.length > 0) throw new Error(`no stack ${unknown.join(', ')} in the app; it has ${all.join(', ')}`);
  return stacks === undefined ? all : all.filter((name) => stacks.includes(name));
}

/** Names of the stacks that must be deployed before this one. */
export function stacksBefore({ cloud }: Assembly, stack: string): string[] {
  const { stacks } = cloud.cloudAssembly;
  const own = stacks.find(({ stackName }) => stackName === stack)?.dependencies ?? [];
  return stacks.filter(({ id }) => own.some((each) => each.id === id)).map(({ stackName }) => stackName);
}

/** The tags and the termination protection an app gives a stack. */
export function stackSettings(
  assembly: Assembly,
  stack: string,
): { tags: Record<string, string>; terminationProtection: boolean } {
  const artifact = assembly.cloud.cloudAssembly.stacks.find(({ stackName }) => stackName === stack);
  return { tags: { ...artifact?.tags }, terminationProtection: artifact?.terminationProtection ?? false };
}
