import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A recorded case: see agent-cases/README.md. */
export interface AgentCase {
  readonly name: string;
  readonly appspec?: string;
  readonly base64?: string;
  readonly tree: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, string>>;
  readonly there?: Readonly<Record<string, string>>;
  readonly behaviour?: string;
  readonly event?: string;
  readonly settle?: number;
  readonly again?: boolean;
  readonly meanwhile?: Readonly<Record<string, string>>;
  readonly agent: Verdict;
}

interface Verdict {
  readonly parse: string;
  readonly hooks?: Readonly<Record<string, readonly Script[]>>;
  readonly run?: Run;
  readonly install?: Installed & { readonly plan?: readonly string[]; readonly again?: Installed };
}

interface Installed {
  readonly result: string;
  readonly commands?: readonly string[];
  readonly made?: readonly string[];
}

export interface Script {
  readonly location: string;
  readonly timeout: number;
  readonly runas?: string;
  readonly sudo?: boolean;
}

export interface Run {
  readonly code?: number;
  readonly message?: string;
  readonly log: readonly string[];
  readonly seconds: number;
  readonly left?: Readonly<Record<string, string>>;
}

const folder = join(import.meta.dirname, 'agent-cases');

/** What stood for setfacl, semanage and restorecon: it writes down how it is called in the file $COMMANDS. */
export const stub = join(folder, 'stub.sh');

/** The cases of one file. */
export async function casesOf(file: string): Promise<AgentCase[]> {
  const { tree, cases } = parse(await readFile(join(folder, file), 'utf8')) as Pick<AgentCase, 'tree'> & {
    cases: AgentCase[];
  };
  return cases.map((one) => ({ ...one, tree: one.tree ?? tree }));
}

/** All cases, by file. */
export async function allCases(): Promise<Map<string, AgentCase[]>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yml')).sort();
  return new Map(await Promise.all(files.map(async (file) => [file, await casesOf(file)] as const)));
}

/** Path -> content of a case's revision, its AppSpec among them. */
export function revisionOf({ appspec, base64, tree }: AgentCase): Record<string, string | Buffer> {
  const bytes = base64 === undefined ? appspec : Buffer.from(base64, 'base64');
  return bytes === undefined ? { ...tree } : { ...tree, 'appspec.yml': bytes };
}
