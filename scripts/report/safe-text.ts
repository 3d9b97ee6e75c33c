/**
 * A text whose characters are all visible: what controls a terminal, changes the direction of writing, has no width or is half
 * a character is written as `\u202e`. Line breaks and tabs stay.
 */
export function seen(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(/[^\P{C}\t\n\u200d]|[\u2028\u2029]/gu, (character) => {
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

/** The beginning of a text, of at most so many characters; no character is cut in half. */
export function headOf(text: string, most: number): string {
  const head = text.slice(0, most);
  return /[\ud800-\udbff]$/.test(head) && head.length < text.length ? head.slice(0, -1) : head;
}

/** A text of at most so many characters and a remark; what is cut off is counted. */
export function cutTo(most: number, text: string): string {
  if (text.length <= most) return text;
  const head = headOf(text, most);
  return `${head}… (${(text.length - head.length).toLocaleString('en')} more characters)`;
}
