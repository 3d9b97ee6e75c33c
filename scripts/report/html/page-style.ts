/** The page's style: readable at 360 pixels, light and dark, on paper. Whatever has a colour also has a word. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2127; --soft: #545d68; --line: #d5dae1; --link: #0a55b8;
  --old: #fdecec; --old-text: #7d1420; --new: #e6f6ea; --new-text: #0e5524;
  --loss: #8a0f1c; --loss-back: #ffe1e4; --replacement: #932b00; --replacement-back: #ffe8db;
  --interruption: #714600; --interruption-back: #fff0c9; --fault: #8a0f1c; --fault-back: #ffe1e4;
  --access: #55209f; --access-back: #eee5ff; --network: #0b4d88; --network-back: #deeeff;
  --change: #414a55; --change-back: #e8ecf1; --unknown: #414a55; --unknown-back: #e8ecf1;
  --clean: #0e5524; --clean-back: #e0f4e5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #181d24; --text: #e7eaee; --soft: #a7b1bd; --line: #333c47; --link: #83bcff;
    --old: #3a1a1f; --old-text: #ffb9bf; --new: #15301d; --new-text: #a8e6b8;
    --loss: #ffb9bf; --loss-back: #52151d; --replacement: #ffc6a6; --replacement-back: #4b230f;
    --interruption: #ffdb8f; --interruption-back: #423006; --fault: #ffb9bf; --fault-back: #52151d;
    --access: #d6c3ff; --access-back: #332358; --network: #add4ff; --network-back: #123455;
    --change: #c5ced8; --change-back: #2b333d; --unknown: #c5ced8; --unknown-back: #2b333d;
    --clean: #a8e6b8; --clean-back: #15301d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(0.9rem, 3vw, 2.5rem) 3rem; max-width: 72rem; background: var(--page);
  color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
}
a { color: var(--link); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
h1 { margin: 0 0 0.4rem; font-size: clamp(1.5rem, 4.5vw, 2.1rem); line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 2.4rem 0 0.8rem; font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 0; font-size: 1.02rem; line-height: 1.45; font-weight: 600; }
p { margin: 0.4rem 0; }
code { font: 0.86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
.brand { margin: 0 0 0.6rem; color: var(--soft); font-size: 0.85rem; }
.summary { font-size: 1.1rem; max-width: 55rem; }
.facts { display: flex; flex-wrap: wrap; gap: 0.3rem 1.6rem; margin: 0.9rem 0 0; font-size: 0.9rem; }
.facts div { display: flex; gap: 0.45rem; }
.facts dt { color: var(--soft); white-space: nowrap; }
.facts dd { margin: 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 0.7rem; margin: 1.6rem 0 0; padding: 0; list-style: none; }
.tiles li { flex: 1 1 8.2rem; padding: 0.75rem 0.85rem; overflow-wrap: normal; border-radius: 10px; }
.tiles b { display: block; font-size: 1.9rem; line-height: 1.15; font-variant-numeric: tabular-nums; }
.sections { margin: 0; padding: 0; list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.sections li { display: grid; grid-template-columns: 11rem minmax(8rem, 15rem) 1fr; gap: 0.2rem 1rem; padding: 0.65rem 1rem; align-items: baseline; }
.sections li + li { border-top: 1px solid var(--line); }
.label { display: inline-block; justify-self: start; padding: 0.08rem 0.6rem; border-radius: 99px; font-size: 0.8rem; font-weight: 600; white-space: nowrap; }
.section-title { font-weight: 600; }
.finding { margin: 0 0 0.8rem; padding: 0.9rem 1.05rem; background: var(--card); border: 1px solid var(--line); border-left-width: 5px; border-radius: 10px; }
.many .finding { content-visibility: auto; contain-intrinsic-size: auto 9rem; }
.finding:target { outline: 3px solid var(--link); outline-offset: 1px; }
.finding h3 { margin-top: 0.45rem; }
.finding .top { display: flex; flex-wrap: wrap; gap: 0.3rem 0.8rem; align-items: center; color: var(--soft); font-size: 0.88rem; margin: 0; }
.anchor { margin-left: auto; text-decoration: none; padding: 0 0.4rem; }
.values { width: 100%; margin: 0.75rem 0 0; border-collapse: collapse; table-layout: fixed; font-size: 0.95rem; }
.values th, .values td { padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; border: 1px solid var(--line); font-weight: 400; }
.values thead th { color: var(--soft); font-size: 0.8rem; border-width: 0 0 1px; }
.values .old { background: var(--old); color: var(--old-text); }
.values .new { background: var(--new); color: var(--new-text); }
.values .none { background: none; color: var(--soft); font-style: italic; }
.details { margin: 0.7rem 0 0; padding-left: 1.2rem; }
.next { margin: 0.8rem 0 0; padding: 0.5rem 0.8rem; background: var(--page); border-radius: 8px; }
.next b { margin-right: 0.5rem; }
.fold { margin: 0 0 0.8rem; }
.fold > summary { cursor: pointer; padding: 0.7rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; font-weight: 600; }
.fold[open] > summary { margin-bottom: 0.8rem; }
.count { color: var(--soft); font-weight: 400; }
.empty { padding: 1.1rem 1.2rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: 0.85rem; }
${['loss', 'replacement', 'interruption', 'fault', 'access', 'network', 'change', 'unknown', 'clean']
  .map(
    (name) =>
      `.tone-${name} { background: var(--${name}-back); color: var(--${name}); } .edge-${name} { border-left-color: var(--${name}); }`,
  )
  .join('\n')}
.tone-found { background: var(--interruption-back); color: var(--interruption); }
@media (max-width: 40rem) {
  .sections li { grid-template-columns: 1fr; }
  .values, .values tbody, .values tr, .values th, .values td { display: block; width: auto; }
  .values thead { display: none; }
  .values tr { margin-top: 0.6rem; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
  .values th, .values td { border: 0; padding: 0.35rem 0.7rem; }
  .values td::before { content: attr(data-name); display: inline-block; min-width: 2.4rem; font-size: 0.8rem; }
}
@media print {
  body { max-width: none; padding: 0; background: none; font-size: 10pt; }
  .finding, .many .finding { break-inside: avoid; content-visibility: visible; }
  .skip, .anchor { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
