import { gravityWords, type PlacedFinding, shortId } from '../gravity.ts';
import type { ValueChange } from '../report.ts';
import { cutTo, seen, seenOnOneLine } from '../safe-text.ts';
import { type Markup, markup } from './markup.ts';

const mostOfText = 2_000;
const mostOfValue = 2_000;

/** A finding of the page, with an anchor that is the same in the page of another run. */
export function pageFinding({ section, finding }: PlacedFinding): Markup {
  const { id, gravity, title, values = [], details = [], next, at } = finding;
  const anchor = `f-${shortId(section.id, id)}`;
  const where = at === undefined ? undefined : line(at.line === undefined ? at.file : `${at.file}:${at.line}`);
  const tone: Markup = { markup: gravity };
  return markup`<article class="finding edge-${tone}" id="${anchor}" aria-labelledby="${anchor}-title">
<p class="top"><span class="label tone-${tone}">${gravityWords[gravity]}</span><span>${line(section.title)}</span>${
    where === undefined ? undefined : markup`<code>${where}</code>`
  }<a class="anchor" href="#${anchor}" aria-label="Link to: ${line(title)}">#</a></p>
<h3 id="${anchor}-title">${line(title)}</h3>
${values.length === 0 ? undefined : valuesTable(values)}${
  details.length === 0
    ? undefined
    : markup`<ul class="details">${details.map((detail) => markup`<li>${line(detail)}</li>\n`)}</ul>\n`
}${next === undefined ? undefined : markup`<p class="next"><b>Next</b>${line(next)}</p>\n`}</article>
`;
}

function valuesTable(values: readonly ValueChange[]): Markup {
  return markup`<table class="values">
<thead><tr><th scope="col">Value</th><th scope="col">Old</th><th scope="col">New</th></tr></thead>
<tbody>
${values.map(
  ({ path, from, to }) =>
    markup`<tr><th scope="row"><code>${line(path)}</code></th>${valueCell('old', from)}${valueCell('new', to)}</tr>\n`,
)}</tbody>
</table>
`;
}

function valueCell(name: 'old' | 'new', value: string | undefined): Markup {
  if (value === undefined) return markup`<td class="none" data-name="${name}">none</td>`;
  const shown = value === '' ? markup`<i>empty</i>` : markup`<code>${cutTo(mostOfValue, seen(value))}</code>`;
  return markup`<td class="${name}" data-name="${name}">${shown}</td>`;
}

function line(text: string): string {
  return cutTo(mostOfText, seenOnOneLine(text));
}
