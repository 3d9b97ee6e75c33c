import { z } from 'zod';
import { readConfig } from '../../scripts/config/load.ts';
import { type Finding, tools } from './findings.ts';

const skip = z.strictObject({
  tool: z.enum(tools),
  check: z.string().regex(/^[A-Z][A-Z0-9_]+$/, 'the id of a check, like CKV_AWS_21 or W3005'),
  /** `Type.LogicalId`; a `*` stands for any text. */
  resource: z.string().min(1),
  /** Templates it holds for; a `*` stands for any text. */
  template: z.string().min(1).default('*'),
  /** Must convince whoever reviews the security of the templates. */
  reason: z.string().trim().min(20),
});

export type Skip = z.output<typeof skip>;

/** Reads the list of findings that stay, and why; throws a `VendhostError` that names every fault of the file. */
export function readSkips(file: string): Promise<Skip[]> {
  return readConfig(file, z.array(skip));
}

export interface Sorted {
  /** What nobody has given a reason for. */
  readonly open: readonly Finding[];
  /** Entries with the number of findings each of them answers. */
  readonly answered: ReadonlyMap<Skip, number>;
  /** Entries that answer nothing: the template was fixed, or an earlier entry says it already. */
  readonly stale: readonly Skip[];
}

/** Sorts findings by the first entry that answers them. */
export function sortFindings(findings: readonly Finding[], skips: readonly Skip[]): Sorted {
  const answered = new Map<Skip, number>();
  const open = findings.filter((finding) => {
    const found = skips.find((each) => answers(each, finding));
    if (found !== undefined) answered.set(found, (answered.get(found) ?? 0) + 1);
    return found === undefined;
  });
  return { open, answered, stale: skips.filter((each) => !answered.has(each)) };
}

function answers({ tool, check, resource, template }: Skip, finding: Finding): boolean {
  const same = tool === finding.tool && check === finding.check;
  return same && matches(resource, finding.resource) && matches(template, finding.file);
}

/** Whether a pattern stands for a text: a `*` is any text. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
