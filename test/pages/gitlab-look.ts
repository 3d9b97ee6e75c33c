import MarkdownIt from 'markdown-it';

/** How a note looks in a merge request, roughly: GitLab's measures, none of its files. */
const style = `
  body { margin: 0; padding: 20px; background: #fff; color: #3a383f; font: 14px/1.5 system-ui, "Noto Sans", sans-serif; }
  h1 { font-size: 22px; margin: 0 0 16px; }
  .note { max-width: 860px; border: 1px solid #dcdcde; border-radius: 8px; }
  .head { padding: 10px 16px; color: #626168; border-bottom: 1px solid #ececef; }
  .head b { color: #3a383f; }
  .body { padding: 4px 16px 12px; overflow-wrap: break-word; }
  h2 { font-size: 21px; margin: 16px 0 12px; padding-bottom: 5px; border-bottom: 1px solid #dcdcde; }
  h3 { font-size: 17.5px; margin: 18px 0 10px; }
  p, ul, table { margin: 0 0 12px; }
  ul { padding-left: 24px; }
  code { font: 90% "DejaVu Sans Mono", monospace; background: #ececef; padding: 2px 4px; border-radius: 4px; }
  table { border-collapse: collapse; }
  th, td { border: 1px solid #dcdcde; padding: 6px 10px; text-align: left; vertical-align: top; }
  th { border-bottom: 2px solid #dcdcde; font-weight: 600; }
  a { color: #0b5cad; }
`;

/** A page with a note in it, as GitLab would show it. */
export function noteInGitlab(body: string): string {
  const html = new MarkdownIt({ html: true }).render(body);
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Note</title><style>${style}</style></head>
<body><main><h1>Use MariaDB and PHP 8.4</h1><div class="note"><div class="head"><b>vendhost</b> @project_42_bot · 1 minute ago</div><div class="body">${html}</div></div></main></body></html>`;
}
