import { join } from 'node:path';
import { readConfig } from '../config/load.ts';
import type { Finding, ReportSection } from '../report/report.ts';
import { driftIgnoreSchema, type IgnoreEntry } from './ignore-file.ts';

const defaultFile = 'drift-ignore.yml';
/** Id of the section of entries that have ended. */
export const endedId = 'ignore';

/** The entries of the ignore file; without a name the default one, which may be absent. Throws `CONFIG_INVALID` and `CONFIG_UNREADABLE`. */
export async function readIgnores(directory: string, named: string | undefined): Promise<IgnoreEntry[]> {
  // Whoever names one may have it elsewhere.
  const options = { optional: named === undefined, ...(named?.startsWith('..') ? {} : { within: directory }) };
  return (await readConfig(join(directory, named ?? defaultFile), driftIgnoreSchema, options)).ignore;
}

export interface Ignored {
  readonly sections: readonly ReportSection[];
  /** Entries that match nothing. */
  readonly unused: readonly IgnoreEntry[];
}

/**
 * Takes out what the entries name: a section of which nothing is left is clean. What could not be determined is taken out only by
 * an entry that has its whole id, so that no pattern hides what nobody thought of.
 * An entry that has ended ignores nothing and is a finding itself.
 */
export function applyIgnores(
  sections: readonly ReportSection[],
  entries: readonly IgnoreEntry[],
  today: string,
): Ignored {
  const current = entries.filter(({ until }) => until >= today);
  const used = new Set<IgnoreEntry>();
  const left = sections.map((section) => without(section, current, used));
  const ended = entries.filter(({ until }) => until < today);
  return {
    sections: ended.length === 0 ? left : [...left, endedSection(ended)],
    unused: current.filter((each) => !used.has(each)),
  };
}

function without(section: ReportSection, entries: readonly IgnoreEntry[], used: Set<IgnoreEntry>): ReportSection {
  const findings = section.findings.flatMap((finding) => rest(finding, entries, used));
  const gone = section.findings.length - findings.length;
  if (gone === 0) return { ...section, findings };
  const isFound = findings.some(({ gravity }) => gravity !== 'unknown');
  const state = isFound ? section.state : findings.length > 0 ? 'unknown' : 'clean';
  return { ...section, state, summary: `${section.summary}; ${gone} ignored by ${defaultFile}`, findings };
}

/** What is left of a finding. */
function rest(finding: Finding, entries: readonly IgnoreEntry[], used: Set<IgnoreEntry>): Finding[] {
  const isUnknown = finding.gravity === 'unknown';
  const named = entries.filter((each) => (isUnknown ? each.finding === finding.id : isLike(each.finding, finding.id)));
  const whole = named.find(({ property }) => property === undefined);
  if (whole !== undefined) {
    used.add(whole);
    return [];
  }
  const values = finding.values ?? [];
  const left = values.filter(({ path }) => {
    const entry = named.find(({ property = '' }) => isLike(property, path));
    if (entry !== undefined) used.add(entry);
    return entry === undefined;
  });
  if (left.length === values.length) return [finding];
  return left.length === 0 ? [] : [{ ...finding, values: left }];
}

function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

function endedSection(ended: readonly IgnoreEntry[]): ReportSection {
  const findings = ended.map(({ finding, property = '', reason, until }): Finding => {
    const title = `${defaultFile} ignored ${finding}${property} until ${until}: ${reason}`;
    const next = 'find out whether it may still differ: give the entry a new date, or delete it';
    return { id: `${endedId}/${finding}${property}`, gravity: 'fault', title, next, at: { file: defaultFile } };
  });
  const summary = `${ended.length} ${ended.length === 1 ? 'entry has' : 'entries have'} ended`;
  return { id: endedId, title: defaultFile, summary, state: 'found', findings };
}
