import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, parseAllDocuments, Scalar, type ScalarTag, visit } from 'yaml';
import { configUnreadable } from '../config/load.ts';
import { readText } from '../config/reading/read-text.ts';
import { messageOf, VendhostError } from '../errors.ts';
import { includeEntries, isOurs, type LibraryInclude, libraryInclude, shownInclude } from './include-entry.ts';
import { isMapping, type Mapping, merged, Reference, resolved } from './merged-jobs.ts';
import type { Rule } from './rules/rule-decision.ts';
import { ruleFaults } from './rules/rule-faults.ts';
import {
  type DeprecatedInput,
  deprecatedInputs,
  type Input,
  inputFaults,
  type TemplateInputs,
  withDefaults,
  withInputs,
} from './template-inputs.ts';

/** A project's pipeline configuration, as GitLab assembles it. */
export interface PipelineFile {
  readonly configuration: Mapping;
  /** Includes of this library: the template's name, the requested ref, and the inputs with the template's defaults. */
  readonly templates: readonly LibraryTemplate[];
  /** Includes that only GitLab can read. */
  readonly notRead: readonly string[];
  /** Rules of includes. */
  readonly includeRules: readonly unknown[];
}

export interface LibraryTemplate extends LibraryInclude {
  readonly inputs: TemplateInputs;
  readonly hasRules: boolean;
  readonly deprecated: readonly DeprecatedInput[];
}

/** Whether an include with these rules, which are without faults, is part of the pipeline. */
export type IncludeDecision = (rules: readonly Rule[]) => boolean;

interface Source {
  readonly label: string;
  readonly text: string;
  readonly inputs: TemplateInputs;
}

type Inputs = Readonly<Record<string, Input>>;
type Finder = (include: Mapping, label: string) => Promise<Source | undefined>;

/** https://docs.gitlab.com/administration/settings/continuous_integration/#set-maximum-includes */
const mostIncludes = 150;
const fileName = '.gitlab-ci.yml';
const templatesFolder = fileURLToPath(new URL('../../ci-templates/', import.meta.url));

/**
 * Reads `.gitlab-ci.yml` with its includes: files of the checkout, and this library's templates, which are taken from this version.
 * Throws `CONFIG_UNREADABLE` without a file and if a file that is not read may be needed, `CONFIG_INVALID` for what GitLab would refuse.
 *
 * @param isIncluded evaluates `include:rules`; without it every include counts
 */
export async function readPipelineFile(
  directory: string,
  isIncluded: IncludeDecision = () => true,
): Promise<PipelineFile> {
  const templates: PipelineFile['templates'][number][] = [];
  const notRead: string[] = [];
  const includeRules: unknown[] = [];
  let includes = 0;
  const whole = await load(
    { label: fileName, text: await mainText(directory), inputs: {} },
    [],
    async (include, label) => {
      includes += 1;
      if (includes > mostIncludes) throw invalidPipeline(fileName, [`more than ${mostIncludes} includes`]);
      const shown = shownInclude(include);
      if (shown === undefined)
        throw invalidPipeline(label, ['include: an entry names no local, project, component, remote or template']);
      const faults = ruleFaults(`include ${shown}`, include.rules, 'include');
      if (faults.length > 0) throw invalidPipeline(label, faults);
      const rules = [include.rules ?? []].flat();
      includeRules.push(...rules);
      if (Array.isArray(include.rules) && !isIncluded(rules as readonly Rule[])) return undefined;
      const inputs = isMapping(include.inputs) ? include.inputs : {};
      const named = libraryInclude(include);
      if (named !== undefined) {
        const text = await readFile(join(templatesFolder, `${named.name}.gitlab-ci.yml`), 'utf8');
        const declared = declaredIn(named.name, text);
        if (isOurs(named, declared, inputs)) {
          templates.push({
            ...named,
            inputs: withDefaults(declared, inputs),
            hasRules: Array.isArray(include.rules),
            deprecated: deprecatedInputs(declared, inputs),
          });
          return { label: `${fileName}: template ${named.name}`, text, inputs };
        }
      }
      if (typeof include.local === 'string' && !include.local.includes('*')) {
        const local = include.local.replace(/^\//, '');
        return { label: local, text: await localText(directory, local, label), inputs };
      }
      notRead.push(shown);
      return undefined;
    },
  );
  return { configuration: resolvedOf(whole, notRead), templates, notRead, includeRules };
}

function resolvedOf(whole: Mapping, notRead: readonly string[]): Mapping {
  try {
    return resolved(whole);
  } catch (error) {
    if (notRead.length === 0) throw invalidPipeline(fileName, [messageOf(error)]);
    throw new VendhostError('CONFIG_UNREADABLE', `cannot put ${fileName} together: ${messageOf(error)}`, {
      hint: `it may be in an include that only GitLab can read (${notRead.join(', ')}): look in GitLab's pipeline editor`,
    });
  }
}

/** A file with its inputs inserted and merged over what it includes; `find` opens an include. */
async function load(source: Source, above: readonly string[], find: Finder): Promise<Mapping> {
  const chain = [...above, source.label];
  if (above.includes(source.label)) {
    throw invalidPipeline(fileName, [`${chain.join(' includes ')}: a circle`]);
  }
  const { include, ...own } = bodyOf(source);
  let whole: Mapping = {};
  for (const entry of includeEntries(include)) {
    const found = await find(entry, source.label);
    if (found !== undefined) whole = merged(whole, await load(found, chain, find)) as Mapping;
  }
  return merged(whole, own) as Mapping;
}

function bodyOf({ label, text, inputs }: Source): Mapping {
  const hasHeader = headerOf(label, text) !== undefined;
  const declared = declaredIn(label, text);
  const faults = inputFaults(declared, inputs);
  if (faults.length > 0)
    throw invalidPipeline(
      label,
      faults.map((fault) => `inputs: ${fault}`),
    );
  return documentsOf(label, withInputs(text, declared, inputs))[hasHeader ? 1 : 0] ?? {};
}

/** The inputs that a file declares; one without settings accepts any text and is required. */
function declaredIn(label: string, text: string): Inputs {
  const inputs = headerOf(label, text)?.inputs;
  const declared = Object.entries(isMapping(inputs) ? inputs : {});
  return Object.fromEntries(declared.map(([name, input]) => [name, isMapping(input) ? input : {}])) as Inputs;
}

function headerOf(label: string, text: string): Mapping | undefined {
  const [first] = documentsOf(label, text);
  return first !== undefined && 'spec' in first ? (isMapping(first.spec) ? first.spec : {}) : undefined;
}

/** GitLab's own tag; the list behind it becomes a `Reference`. */
const referenceTag = { tag: '!reference', collection: 'seq' } as unknown as ScalarTag;

function documentsOf(label: string, text: string): Mapping[] {
  return [...parseAllDocuments(text, { customTags: [referenceTag], merge: true })].map((document) => {
    const content = document.errors.length > 0 ? document.errors[0] : contentOf(document);
    if (content instanceof Error) throw invalidPipeline(label, [`not YAML: ${content.message.split('\n')[0]}`]);
    if (isMapping(content)) return content;
    throw invalidPipeline(label, ['must be a mapping of jobs and keywords']);
  });
}

/** A document's content, or the `Error` of an alias or a merge that leads nowhere. */
function contentOf(document: Document.Parsed): unknown {
  try {
    visit(document, {
      Alias: (_, node) => {
        if (node.resolve(document) === undefined) throw new Error(`*${node.source} is the alias of no anchor`);
      },
      Seq: (_, node) =>
        node.tag === '!reference' ? new Scalar(new Reference([node.toJS(document)].flat().map(String))) : undefined,
    });
    return document.toJS() ?? {};
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What GitLab would not create a pipeline from. */
export function invalidPipeline(file: string, faults: readonly string[]): VendhostError {
  const counted = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new VendhostError('CONFIG_INVALID', `GitLab creates no pipeline: ${counted} in ${file}`, {
    details: faults.map((fault) => `${file}: ${fault}`),
    hint: 'fix the lines above; docs/templates.md has every input',
  });
}

async function mainText(directory: string): Promise<string> {
  const read = await readText(join(directory, fileName), directory);
  if (read?.fault === undefined && read !== undefined) return read.text;
  throw configUnreadable(
    `cannot read ${fileName}: ${read === undefined ? `no such file in ${directory}` : `it ${read.fault}`}`,
  );
}

async function localText(directory: string, file: string, by: string): Promise<string> {
  const read = await readText(join(directory, file), directory);
  if (read?.fault === undefined && read !== undefined) return read.text;
  throw invalidPipeline(by, [`include: local: ${file}: ${read?.fault ?? 'there is no such file in the checkout'}`]);
}
