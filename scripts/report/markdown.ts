import { seenOnOneLine } from './safe-text.ts';

/**
 * A text within a line of GitLab's Markdown that stays unchanged: no markup, no HTML, no emoji, no reference and no mention.
 * GitLab treats a reference sign after a backslash as a plain character (`lib/banzai/filter/escaped_char_filter.rb`). It is on one
 * line and starts none: quick actions are lines that start with a slash (`lib/gitlab/quick_actions/extractor.rb`).
 */
export function plainMarkdown(text: string): string {
  return seenOnOneLine(text)
    .replaceAll(/[\\`*_{}[\]<>#!|~@$%^&]|:(?=[\w:+\-/])/g, '\\$&')
    .replace(/^(?=[-+=/])/, '\\')
    .replace(/^(\d+)(?=[.)])/, '$1\\')
    .replaceAll(/www(?=\.)/gi, '$&\\');
}

/** An address as the target of a link; anything but http(s) is no link. */
export function linkTo(address: string, text: string): string {
  const url = URL.parse(address);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return plainMarkdown(text);
  // The URL standard leaves some of Markdown's characters as they are.
  const target = url.href.replaceAll(/[()<>\\*_`[\]]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `[${plainMarkdown(text)}](<${target}>)`;
}
