/** A `vendhost …` line as somebody wrote it. */
export interface Written {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Named in a sentence rather than written to be run. */
  readonly mention: boolean;
}

/**
 * Finds the lines that call `vendhost`: in YAML the items of a script, in Markdown the lines of code blocks and the code
 * in sentences, in TypeScript the quoted examples, elsewhere lines that begin with it. `vendhost <noun> <verb>` is
 * a form, not a command.
 */
export function commandLines(file: string, content: string): Written[] {
  const found: Written[] = [];
  const lines = content.replaceAll(/\\\n\s*/g, ' ').split('\n');
  for (const [index, line] of lines.entries()) {
    for (const { text, mention } of inLine(file, line)) {
      if (!/^vendhost <noun>/.test(text)) found.push({ file, line: index + 1, text, mention });
    }
  }
  return found;
}

function inLine(file: string, line: string): { text: string; mention: boolean }[] {
  const run = /^\s*(?:- |\$ )?(?:npx |npm run (?:--silent )?)?(?<text>vendhost (?:-- )?[^#|&;]*[^#|&;\s])/.exec(line)
    ?.groups?.text;
  if (run !== undefined && !isProse(file, line))
    return [{ text: run.replace('vendhost -- ', 'vendhost '), mention: false }];
  const quote = file.endsWith('.ts') ? /'(vendhost [a-z<-][^']*)'/g : /`(vendhost [a-z<-][^`]*)`/g;
  return [...line.matchAll(quote)].map((match) => ({ text: match[1] ?? '', mention: !file.endsWith('.ts') }));
}

/** In Markdown a line that begins with the word may be a sentence; a command is all nouns, verbs and options. */
function isProse(file: string, line: string): boolean {
  return (
    file.endsWith('.md') &&
    !/^\s*(\$ |npx |npm run )?vendhost (-- )?(--help|doctor(?= --|$)|[a-z]+ [a-z]+)( |$)/.test(line)
  );
}

/** The words of a command line after `vendhost`, as a shell would split them. */
export function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  return words.slice(1).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}
