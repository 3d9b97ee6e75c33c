/**
 * A text whose characters can all be seen: what steers a terminal, turns the direction of writing or has no width is
 * written as `\u202e`. Line breaks and tabs stay.
 */
export function seen(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{C}\t\n\u200d]|[\u2028\u2029]/gu, (character) => {
      const code = (character.codePointAt(0) ?? 0).toString(16);
      return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
    });
}

/** The same on one line. */
export function seenOnOneLine(text: string): string {
  return seen(text)
    .replaceAll(/\s*\n\s*/g, ' ↵ ')
    .replaceAll('\t', ' ')
    .trim();
}

/** A text of at most so many characters and a remark; what is cut off is counted. */
export function cutTo(most: number, text: string): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most).toWellFormed()}… (${(text.length - most).toLocaleString('en')} more characters)`;
}
