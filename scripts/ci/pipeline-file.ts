import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, Scalar, type ScalarTag, visit } from 'yaml';
import { messageOf, VendhostError } from '../errors.ts';
import { isMapping, type Mapping, merged, Reference, resolved } from './merged-jobs.ts';
import { type Input, type Inputs, inputFaults, withInputs } from './template-inputs.ts';

/** A project's pipeline configuration, as GitLab puts it together. */
export interface PipelineFile {
  readonly configuration: Mapping;
  /** Includes of this library: the template's name and the ref that is asked for. */
  readonly templates: readonly { readonly name: string; readonly ref: string; readonly inputs: Inputs }[];
  /** Includes that only GitLab can read. */
  readonly notRead: readonly string[];
}

interface Source {
  readonly label: string;
  readonly text: string;
  readonly inputs: Inputs;
}

/** https://docs.gitlab.com/administration/settings/continuous_integration/#set-maximum-includes */
const mostIncludes = 150;
const fileName = '.gitlab-ci.yml';
const templatesFolder = fileURLToPath(new URL('../../templates/', import.meta.url));

/**
 * Reads `.gitlab-ci.yml` with its includes: files of the checkout, and this library's templates, which are taken from this version.
 * Throws `CONFIG_UNREADABLE` without a file, `CONFIG_INVALID` for what GitLab would refuse.
 */
export async function readPipelineFile(directory: string): Promise<PipelineFile> {
  const read: { templates: PipelineFile['templates'][number][]; notRead: string[] } = { templates: [], notRead: [] };
  const text = await localText(directory, fileName);
  let includes = 0;
  const whole = await load({ label: fileName, text, inputs: {} }, async (include) => {
    includes += 1;
    if (includes > mostIncludes) throw invalid(fileName, [`more than ${mostIncludes} includes`]);
    const named = libraryTemplate(include);
    const inputs = isMapping(include.inputs) ? include.inputs : {};
    if (named !== undefined) {
      read.templates.push({ ...named, inputs });
      const label = `${fileName}: template ${named.name}`;
      return { label, text: await readFile(join(templatesFolder, `${named.name}.yml`), 'utf8'), inputs };
    }
    if (typeof include.local === 'string' && !include.local.includes('*')) {
      const local = include.local.replace(/^\//, '');
      return { label: local, text: await localText(directory, local), inputs };
    }
    read.notRead.push(
      ['local', 'project', 'component', 'remote', 'template'].flatMap((key) => include[key] ?? []).join(),
    );
    return undefined;
  });
  try {
    return { configuration: resolved(whole), ...read };
  } catch (error) {
    throw invalid(fileName, [messageOf(error)]);
  }
}

/** `tenant` or `platform` if an include names a template of this library, in either form, with the ref it asks for. */
function libraryTemplate({ component, project, file, ref }: Mapping): { name: string; ref: string } | undefined {
  const asComponent = /\/(?<name>tenant|platform)@(?<ref>.+)$/.exec(typeof component === 'string' ? component : '');
  if (asComponent?.groups !== undefined)
    return { name: asComponent.groups.name ?? '', ref: asComponent.groups.ref ?? '' };
  const asFile = /^\/?templates\/(tenant|platform)\.yml$/.exec(project === undefined ? '' : String([file].flat()));
  return asFile === null ? undefined : { name: asFile[1] ?? '', ref: typeof ref === 'string' ? ref : 'HEAD' };
}

/** A file with its inputs put in and merged over what it includes; `find` opens an include. */
async function load(source: Source, find: (include: Mapping) => Promise<Source | undefined>): Promise<Mapping> {
  const { include, ...own } = bodyOf(source);
  let whole: Mapping = {};
  for (const entry of [include ?? []].flat()) {
    const found = await find(isMapping(entry) ? entry : { local: String(entry) });
    if (found !== undefined) whole = merged(whole, await load(found, find)) as Mapping;
  }
  return merged(whole, own) as Mapping;
}

function bodyOf({ label, text, inputs }: Source): Mapping {
  const [first] = documentsOf(label, text);
  const spec = isMapping(first?.spec) ? first.spec : undefined;
  const declared = (isMapping(spec?.inputs) ? spec.inputs : {}) as Readonly<Record<string, Input>>;
  const faults = inputFaults(declared, inputs);
  if (faults.length > 0)
    throw invalid(
      label,
      faults.map((fault) => `inputs: ${fault}`),
    );
  return documentsOf(label, withInputs(text, declared, inputs))[spec === undefined ? 0 : 1] ?? {};
}

/** GitLab's own tag; the list behind it becomes a `Reference`. */
const referenceTag = { tag: '!reference', collection: 'seq' } as unknown as ScalarTag;

function documentsOf(label: string, text: string): Mapping[] {
  return [...parseAllDocuments(text, { customTags: [referenceTag], merge: true })].map((document) => {
    const fault = document.errors[0]?.message.split('\n')[0];
    if (fault !== undefined) throw invalid(label, [`not YAML: ${fault}`]);
    visit(document, {
      Seq: (_, node) => (node.tag === '!reference' ? new Scalar(new Reference(node.toJSON().map(String))) : undefined),
    });
    const content = document.toJS() ?? {};
    if (isMapping(content)) return content;
    throw invalid(label, ['must be a mapping of jobs and keywords']);
  });
}

/** What GitLab would not create a pipeline of. */
export function invalid(file: string, faults: readonly string[]): VendhostError {
  const counted = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new VendhostError('CONFIG_INVALID', `GitLab creates no pipeline: ${counted} in ${file}`, {
    details: faults.map((fault) => `${file}: ${fault}`),
    hint: 'fix the lines above; docs/templates.md has every input',
  });
}

async function localText(directory: string, file: string): Promise<string> {
  return await readFile(join(directory, file), 'utf8').catch((cause: unknown) => {
    throw new VendhostError('CONFIG_UNREADABLE', `cannot read ${file}: ${messageOf(cause)}`, {
      hint: 'run in the folder that holds the file, or name the folder with --directory',
      cause,
    });
  });
}
