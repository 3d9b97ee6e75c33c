import { createHash } from 'node:crypto';
import { type Markup, markup } from './markup.ts';

/** The content of a page. */
export interface PageParts {
  readonly title: string;
  readonly style: string;
  /** The link that skips the head of the page. */
  readonly skip: { readonly to: string; readonly text: string };
  readonly header: Markup;
  readonly main: Markup;
  readonly footer: string;
}

/**
 * One HTML file without script that loads nothing: GitLab shows such an artifact in the browser
 * (https://docs.gitlab.com/ci/jobs/job_artifacts/#browse-the-contents-of-the-artifacts-archive). Only this very style applies.
 */
export function htmlDocument({ title, style, skip, header, main, footer }: PageParts): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const css: Markup = { markup: style };
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${css}</style>
</head>
<body>
<a class="skip" href="#${skip.to}">${skip.text}</a>
<header>
<p class="brand">Vendhost</p>
${header}</header>
<main>
${main}</main>
<footer><p>${footer}</p></footer>
</body>
</html>
`.markup;
}

/** Facts about a page: when it was made, of what; a value that is an address is a link. */
export function pageFacts(
  facts: Readonly<Record<string, string>>,
  shown: (text: string) => string,
): Markup | undefined {
  const entries = Object.entries(facts);
  if (entries.length === 0) return undefined;
  return markup`<dl class="facts">
${entries.map(([name, value]) => markup`<div><dt>${shown(name)}</dt><dd>${factValue(value, shown)}</dd></div>\n`)}</dl>
`;
}

function factValue(value: string, shown: (text: string) => string): Markup {
  const isLink = /^https?:\/\/\S+$/.test(value) && URL.canParse(value);
  return isLink ? markup`<a href="${value}" rel="noreferrer">${shown(value)}</a>` : markup`${shown(value)}`;
}
