import { htmlDocument, pageFacts } from '../../report/html/document.ts';
import { type Markup, markup } from '../../report/html/markup.ts';
import { pageStyle } from '../../report/html/page-style.ts';
import { cutTo, seenOnOneLine } from '../../report/safe-text.ts';
import { costWords } from './fleet-costs.ts';
import type { FleetRow, FleetState } from './fleet-rows.ts';
import { agoWords, costLines, type FleetView, fleetStates, fleetSummary } from './fleet-view.ts';

const style = `${pageStyle}
body { max-width: 100rem; }
.fleet { width: 100%; border-collapse: collapse; table-layout: fixed; background: var(--card); border: 1px solid var(--line); }
.fleet th, .fleet td { padding: 0.7rem 0.9rem; text-align: left; vertical-align: top; border: 1px solid var(--line); font-weight: 400; }
.fleet thead th { color: var(--soft); font-size: 0.85rem; }
.fleet tbody th { font-weight: 600; }
.fleet tr:target { outline: 3px solid var(--link); outline-offset: -3px; }
.cell { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 0.7rem; margin: 0.4rem 0 0; font-size: 0.88rem; }
.cell dt { color: var(--soft); }
.cell dd { margin: 0; }
.needs { margin: 0.4rem 0 0; padding-left: 1.1rem; font-size: 0.92rem; }
.none { color: var(--soft); font-style: italic; }
@media (max-width: 50rem) {
  .fleet, .fleet tbody, .fleet tr, .fleet tbody th, .fleet td { display: block; width: auto; }
  .fleet thead { display: none; }
  .fleet td::before { content: attr(data-name); display: block; color: var(--soft); font-size: 0.85rem; }
}
`;

/** The colours of the other pages, by what a state means; each state is also written. */
const tones: Readonly<Record<FleetState, string>> = {
  'needs a look': 'interruption',
  unknown: 'unknown',
  well: 'clean',
  'no host': 'change',
};

/** The fleet as one HTML page, tenants by environments. Secrets have to be masked before; whatever a tenant wrote is escaped. */
export function fleetPage(view: FleetView, facts: Readonly<Record<string, string>>): string {
  return htmlDocument({
    title: 'Fleet',
    style,
    skip: { to: 'tenants', text: 'Skip to the tenants' },
    header: markup`<h1>Fleet</h1>
<p class="summary">${line(fleetSummary(view))}</p>
${pageFacts(facts, line)}${tiles(view)}`,
    main: markup`${lost(view)}<h2 id="tenants">Tenants</h2>
${view.rows.length === 0 ? markup`<p class="empty">No tenant was found.</p>\n` : table(view)}${costs(view)}`,
    footer: `As it was read at ${view.at}; ages are counted to then. ${
      view.shared.length === 0
        ? 'Costs are not shown: see docs/day-two.md.'
        : "Costs are the bill's, by tag, without what is shared; docs/day-two.md says what is in them."
    }`,
  });
}

function costs(view: FleetView): Markup | undefined {
  if (view.shared.length === 0) return undefined;
  return markup`<h2 id="costs">Costs</h2>
<ul class="needs">
${costLines(view).map((text) => markup`<li>${line(text)}</li>\n`)}</ul>
`;
}

function tiles({ counts }: FleetView): Markup | undefined {
  const shown = fleetStates.filter((state) => counts[state] > 0);
  if (shown.length === 0) return undefined;
  return markup`<ul class="tiles" aria-label="Tenants in environments, by their state">
${shown.map((state) => markup`<li class="tone-${tones[state]}"><b>${counts[state].toLocaleString('en')}</b> ${state}</li>\n`)}</ul>
`;
}

function lost({ unknown }: FleetView): Markup[] {
  return unknown.map(
    ({ environment, why }) =>
      markup`<p class="empty"><span class="label tone-unknown">unknown</span> The tenants of ${environment} could not be listed: ${line(why)}</p>\n`,
  );
}

function table(view: FleetView): Markup {
  const tenants = [...new Set(view.rows.map(({ tenant }) => tenant))];
  const { environments } = view;
  return markup`<table class="fleet">
<thead><tr><th scope="col">Tenant</th>${environments.map((name) => markup`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${tenants.map(
  (tenant) => markup`<tr id="t-${tenant}"><th scope="row">${line(tenant)}</th>${environments.map((name) =>
    cell(
      view,
      name,
      view.rows.find((row) => row.tenant === tenant && row.environment === name),
    ),
  )}</tr>
`,
)}</tbody>
</table>
`;
}

function cell(view: FleetView, environment: string, row: FleetRow | undefined): Markup {
  if (row === undefined) {
    const isLost = view.unknown.some((each) => each.environment === environment);
    return markup`<td class="none" data-name="${environment}">${isLost ? 'unknown' : 'not vended'}</td>`;
  }
  const now = Date.parse(view.at);
  const needs = row.needs.map((need) => markup`<li>${line(need)}</li>\n`);
  const facts = { ...releaseFacts(row, now), ...hostFacts(row, now) };
  return markup`<td data-name="${environment}"><span class="label tone-${tones[row.state]}">${row.state}</span>
${needs.length === 0 ? undefined : markup`<ul class="needs">\n${needs}</ul>\n`}<dl class="cell">
${Object.entries(facts).map(([name, value]) => markup`<dt>${name}</dt><dd>${line(value)}</dd>\n`)}</dl></td>`;
}

function releaseFacts({ release, releasedAt, newer }: FleetRow, now: number): Record<string, string> {
  return {
    runs: `${release}${releasedAt === '' ? '' : `, for ${agoWords(releasedAt, now)}`}`,
    ...(newer === '' ? {} : { newer }),
  };
}

function hostFacts(row: FleetRow, now: number): Record<string, string> {
  const { instances, image, imageCreatedAt, driftCheckedAt, hosts } = row;
  return {
    instances,
    image: imageCreatedAt === '' ? image : `${agoWords(imageCreatedAt, now)} old`,
    drift: driftCheckedAt === '' ? 'never checked' : `checked ${agoWords(driftCheckedAt, now)} ago`,
    hosts: hosts.join(', ') || 'none',
    ...(row.costs === undefined ? {} : { cost: costWords(row.costs) }),
  };
}

function line(text: string): string {
  return cutTo(500, seenOnOneLine(text));
}
