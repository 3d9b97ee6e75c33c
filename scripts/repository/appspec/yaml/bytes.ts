/** What the agent's YAML reader takes (libyaml's printable characters), besides the mark at the very start. */
const forbidden = /[^\t\n\r\u{20}-\u{7e}\u{85}\u{a0}-\u{d7ff}\u{e000}-\u{fefe}\u{ff00}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** Line ends to the agent's YAML, and to hardly any editor. */
const lineEnds = /[\u{85}\u{2028}\u{2029}]/u;

/** Spaces and quotes that a page or a word processor puts in place of those of the keyboard; many cannot be seen. */
const lookAlikes = /[\u{a0}\u{2000}-\u{200d}\u{2018}-\u{201f}\u{202f}\u{2060}\u{3000}\u{feff}]/u;

/** Such a character of a text, by its number: `U+00A0`. */
export function lookAlike(text: string): string | undefined {
  const found = lookAlikes.exec(text)?.[0];
  return found === undefined ? undefined : code(found);
}

/** An AppSpec's bytes as text with LF as line ends, or what keeps the agent from reading them. */
export function appSpecText(bytes: Uint8Array): { text: string } | { message: string; line?: number } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || first === 0 || second === 0) {
    return { message: 'is UTF-16: save it as UTF-8, without BOM' };
  }
  const lines = linesOf(bytes);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const read: string[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      read.push(decoder.decode(line));
    } catch {
      return { message: 'is not UTF-8: save it as UTF-8, without BOM', line: index + 1 };
    }
  }
  const text = read.join('\n').replace(/\r\n?/g, '\n');
  if (text.startsWith('\uFEFF')) return { message: 'begins with a byte order mark: save it as UTF-8 without BOM' };
  return oddLine(text) ?? { text };
}

function oddLine(text: string): { message: string; line: number } | undefined {
  for (const [index, line] of text.split('\n').entries()) {
    const odd = forbidden.exec(line)?.[0];
    if (odd !== undefined) {
      return { message: `has the character ${code(odd)}, which no AppSpec may have: remove it`, line: index + 1 };
    }
    const end = lineEnds.exec(line)?.[0];
    if (end !== undefined) {
      return { message: `has the character ${code(end)}, a line end to the agent: remove it`, line: index + 1 };
    }
  }
  return undefined;
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
}

function code(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
