import {
  byGravity,
  countsByGravity,
  gravityParts,
  gravityWords,
  type PlacedFinding,
  shortId,
  stateWords,
} from './gravity.ts';
import { htmlDocument, pageFacts } from './html/document.ts';
import { type Markup, markup } from './html/markup.ts';
import { pageFinding } from './html/page-finding.ts';
import { pageStyle } from './html/page-style.ts';
import type { Gravity, Report, ReportSection } from './report.ts';
import { cutTo, seenOnOneLine } from './safe-text.ts';

/** A report as one HTML page. Secrets have to be masked before. */
export function pageOf(report: Report): string {
  return htmlDocument({
    title: line(report.title),
    style: pageStyle,
    skip: { to: 'findings', text: 'Skip to the findings' },
    header: markup`<h1>${line(report.title)}</h1>
<p class="summary">${line(report.summary)}</p>
${pageFacts(report.facts, line)}${tiles(report)}`,
    main: markup`<h2 id="overview">Overview</h2>
<ul class="sections">
${report.sections.map(sectionItem)}</ul>
<div id="findings"${isLong(report) ? markup` class="many"` : undefined}>
${findings(report)}</div>
`,
    footer: 'Long values are truncated; the JSON file next to this page has them in full.',
  });
}

/** So long that a browser should lay it out only when it is scrolled to. */
function isLong({ sections }: Report): boolean {
  return sections.reduce((sum, { findings }) => sum + findings.length, 0) > 200;
}

function tiles(report: Report): Markup | undefined {
  const counts = countsByGravity(report);
  if (counts.length === 0) return undefined;
  return markup`<ul class="tiles" aria-label="Findings by gravity">
${counts.map(
  ({ gravity, count }) =>
    markup`<li class="tone-${gravity}"><b>${count.toLocaleString('en')}</b> ${gravityWords[gravity]}</li>\n`,
)}</ul>
`;
}

function sectionItem({ id, title, summary, state }: ReportSection): Markup {
  return markup`<li id="s-${shortId(id)}"><span class="label tone-${state}">${stateWords[state]}</span> <span class="section-title">${line(title)}</span> <span>${line(summary)}</span></li>
`;
}

function findings(report: Report): Markup {
  const all = byGravity(report);
  const hasGap = report.sections.some(({ state }) => state === 'unknown');
  if (all.length === 0) {
    const text = hasGap ? 'Nothing was found in what was checked.' : 'Nothing was found.';
    return markup`<h2>Findings</h2>\n<p class="empty">${text}</p>\n`;
  }
  return markup`${gravityParts.map(({ id, title, gravities }) => {
    const own = all.filter(({ finding }) => (gravities as readonly Gravity[]).includes(finding.gravity));
    if (own.length === 0) return undefined;
    return markup`<h2>${title}</h2>\n${id === 'rest' ? folds(own) : own.map(pageFinding)}`;
  })}`;
}

/** One fold for each section. */
function folds(placed: readonly PlacedFinding[]): Markup[] {
  const bySection = new Map<ReportSection, PlacedFinding[]>();
  for (const each of placed) {
    const own = bySection.get(each.section) ?? [];
    own.push(each);
    bySection.set(each.section, own);
  }
  return [...bySection].map(
    ([section, own]) => markup`<details class="fold">
<summary>${line(section.title)} <span class="count">(${own.length.toLocaleString('en')})</span></summary>
${own.map(pageFinding)}</details>
`,
  );
}

function line(text: string): string {
  return cutTo(2_000, seenOnOneLine(text));
}
