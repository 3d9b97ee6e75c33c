import { byGravity, gravityParts, gravityWords, type PlacedFinding, shortId } from './gravity.ts';
import { markup } from './html/markup.ts';
import { linkTo, plainMarkdown } from './markdown.ts';
import { noteMarker, type Remembered, rememberedIn } from './note-marker.ts';
import type { Gravity, Report, ReportSection, ValueChange } from './report.ts';
import { cutTo, seenOnOneLine } from './safe-text.ts';

export interface NoteOptions {
  /** What the note is about, which identifies it: `mr-plan`, `drift:vendhost-dev-shop-host`. */
  readonly key: string;
  /** Id of the pipeline that writes it. */
  readonly pipeline?: number | undefined;
  /** Address of the whole report. */
  readonly page?: string | undefined;
  /** The present note, if there is one: findings that have gone since are named. */
  readonly former?: string | undefined;
  /** Most characters. GitLab refuses more than a million in a note (`Gitlab::Database::MAX_TEXT_SIZE_LIMIT`). */
  readonly limit?: number;
}

/** Below GitLab's limit, because GitLab also has to render it: nobody reads a longer note. */
export const noteLimit = 200_000;
const mostGone = 50;
const mostOfText = 500;
const mostOfValue = 200;
const mostValues = 25;

/**
 * A report as GitLab's Markdown, for a note or an issue: a line for each section, the gravest findings first, the rest folded,
 * then what has gone since the former note. Whole findings are left out from the end until it fits, and counted. Texts of the
 * report cannot become markup, mentions, references or quick actions. Secrets have to be masked before.
 */
export function noteOf(report: Report, { key, pipeline, page, former, limit = noteLimit }: NoteOptions): string {
  const placed = byGravity(report);
  const { gone, unseen } = comparedWith(report, former === undefined ? [] : rememberedIn(key, former));
  const remembered = [...placed.map(present), ...unseen, ...gone.map((each) => ({ ...each, isGone: true }))];
  const head = [
    noteMarker({ key, pipeline }, remembered, limit / 5),
    `## ${text(report.title)}`,
    text(report.summary),
    sectionLines(report.sections, limit / 5),
  ];
  const tail = [...goneParts(gone, unseen), factsLine(report, page)];
  // Blank lines, headings of parts and the line that says what is missing.
  const frame = [...head, ...tail].join('\n\n').length + 1_000 + (page?.length ?? 0) * 3;
  const { shown, left } = fitting(placed, limit - frame);
  const missing =
    left === 0
      ? []
      : [
          `**${left.toLocaleString('en')} more, see ${page === undefined ? "the report in the job's artifacts" : linkTo(page, 'the whole report')}**`,
        ];
  return [...head, ...noteParts(shown), ...missing, ...tail].filter((part) => part !== '').join('\n\n');
}

function comparedWith(report: Report, before: readonly Remembered[]): { gone: Remembered[]; unseen: Remembered[] } {
  const now = new Set(byGravity(report).map((each) => present(each).id));
  const unknown = new Set(report.sections.flatMap(({ id, state }) => (state === 'unknown' ? shortId(id) : [])));
  const absent = before.filter(({ id }) => !now.has(id));
  const isUnseen = ({ section, isGone }: Remembered) => !isGone && unknown.has(section);
  return { gone: absent.filter((each) => !isUnseen(each)).slice(0, mostGone), unseen: absent.filter(isUnseen) };
}

function present({ section, finding }: PlacedFinding): Remembered {
  const id = shortId(section.id, finding.id);
  return { section: shortId(section.id), id, title: finding.title, isGone: false };
}

const stateSigns: Readonly<Record<ReportSection['state'], string>> = { clean: '✅', found: '🔶', unknown: '❔' };

const gravitySigns: Readonly<Record<Gravity, string>> = {
  loss: '🛑',
  replacement: '🔴',
  interruption: '🟠',
  fault: '❌',
  access: '🔑',
  network: '🌐',
  change: '🔹',
  unknown: '❔',
};

/** What was not fully checked, and then what was found, comes first when there is not room for all. */
function sectionLines(sections: readonly ReportSection[], most: number): string {
  const lines = sections.map(
    ({ title, summary, state }) =>
      `- ${stateSigns[state]} **${text(title)}**: ${text(summary)}${state === 'unknown' ? ' (not fully checked)' : ''}`,
  );
  if (lines.join('\n').length <= most) return lines.join('\n');
  const states = ['unknown', 'found', 'clean'];
  const order = [...sections.keys()].toSorted(
    (one, other) => states.indexOf(sections[one]?.state ?? '') - states.indexOf(sections[other]?.state ?? ''),
  );
  const ordered = order.map((index) => lines[index] ?? '');
  const count = fittingCount(ordered, most - 100);
  return [...ordered.slice(0, count), `- ${lines.length - count} more in the whole report`].join('\n');
}

function fitting(placed: readonly PlacedFinding[], room: number): { shown: [PlacedFinding, string][]; left: number } {
  // Blocks that cannot fit are not made: there may be very many.
  const made = placed
    .slice(0, Math.max(0, Math.floor(room / 20)))
    .map((each): [PlacedFinding, string] => [each, findingBlock(each)]);
  const count = fittingCount(
    made.map(([, block]) => block),
    room,
  );
  return { shown: made.slice(0, count), left: placed.length - count };
}

/** How many texts, from the first on, fit whole with two characters between them. */
function fittingCount(texts: readonly string[], room: number): number {
  let used = 0;
  const index = texts.findIndex((each) => {
    used += each.length + 2;
    return used > room;
  });
  return index < 0 ? texts.length : index;
}

function noteParts(shown: readonly [PlacedFinding, string][]): string[] {
  return gravityParts.flatMap(({ id, title, gravities }) => {
    const blocks = shown
      .filter(([{ finding }]) => (gravities as readonly Gravity[]).includes(finding.gravity))
      .map(([, block]) => block);
    if (blocks.length === 0) return [];
    if (id !== 'rest') return [`### ${title}`, ...blocks];
    return [folded(`${title} (${blocks.length.toLocaleString('en')})`, blocks)];
  });
}

function findingBlock({ section, finding }: PlacedFinding): string {
  const { gravity, title, details = [], values = [], next, at } = finding;
  const where = at === undefined ? '' : ` (${text(at.line === undefined ? at.file : `${at.file}:${at.line}`)})`;
  return [
    `${gravitySigns[gravity]} ${gravityWords[gravity]} · ${text(section.title)}${where}<br>**${text(title)}**`,
    ...(values.length === 0 ? [] : [valuesTable(values)]),
    ...(details.length === 0
      ? []
      : [
          details
            .slice(0, mostValues)
            .map((line) => `- ${text(line)}`)
            .join('\n'),
        ]),
    ...(details.length > mostValues ? [`${details.length - mostValues} more lines are in the whole report`] : []),
    ...(next === undefined ? [] : [`**Next:** ${text(next)}`]),
  ].join('\n\n');
}

/** A block of HTML, in which GitLab reads no Markdown, nor references in `code` (`lib/banzai/filter/references/reference_filter.rb`). */
function valuesTable(values: readonly ValueChange[]): string {
  const value = (given: string | undefined) =>
    given === undefined ? markup`(none)` : markup`<code>${cutTo(mostOfValue, seenOnOneLine(given)) || ' '}</code>`;
  const rows = values
    .slice(0, mostValues)
    .map(
      ({ path, from, to }) => markup`<tr><td>${value(path)}</td><td>${value(from)}</td><td>${value(to)}</td></tr>\n`,
    );
  const more = values.length - mostValues;
  const rest = more > 0 ? markup`<tr><td colspan="3">${more} more in the whole report</td></tr>\n` : undefined;
  return markup`<table>\n<tr><th>value</th><th>old</th><th>new</th></tr>\n${rows}${rest}</table>`.markup;
}

function goneParts(gone: readonly Remembered[], unseen: readonly Remembered[]): string[] {
  const list = (all: readonly Remembered[], lead: string) =>
    all.map(({ title }) => `- ${lead}: ${text(title)}`).join('\n');
  const shownUnseen = unseen.slice(0, mostGone);
  const more = unseen.length - shownUnseen.length;
  return [
    ...(unseen.length === 0 ? [] : ['### Could not be checked again', list(shownUnseen, 'was found before')]),
    ...(more > 0 ? [`${more} more`] : []),
    ...(gone.length === 0 ? [] : [folded(`Gone since (${gone.length})`, [list(gone, 'no longer')])]),
  ];
}

function factsLine({ facts }: Report, page: string | undefined): string {
  const all = Object.entries(facts).map(
    ([name, value]) => `${text(name)}: ${/^https?:\/\//.test(value) ? linkTo(value, value) : text(value)}`,
  );
  if (page !== undefined) all.unshift(linkTo(page, 'The whole report'));
  return all.join(' · ');
}

function folded(summary: string, blocks: readonly string[]): string {
  return [
    '<details>',
    markup`<summary>${summary}</summary>`.markup,
    '',
    ...blocks.flatMap((block) => [block, '']),
    '</details>',
  ].join('\n');
}

function text(given: string): string {
  return plainMarkdown(cutTo(mostOfText, given));
}
