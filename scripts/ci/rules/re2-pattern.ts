/** RE2's classes between `[:` and `:]`, as JavaScript writes them inside brackets. */
const classes: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  ascii: '\\x00-\\x7f',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9a-fA-F',
};

/** Escapes that mean something else in JavaScript. */
const escapes: Readonly<Record<string, string>> = {
  '\\A': '(?<![\\s\\S])',
  '\\z': '(?![\\s\\S])',
  '\\a': '\\x07',
  '\\E': '',
  '\\s': '[\\t\\n\\f\\r ]',
  '\\S': '[^\\t\\n\\f\\r ]',
};

const parts =
  /\\Q.*?(?:\\E|$)|\\x\{[\da-f]+\}|\\p(?:\{\^?\w+\}|\w)|\\.|\[:\^?\w+:\]|\[\^?\]?|\(\?(?:P?<(?![=!])\w+>|[a-z]*(?:-[a-z]+)?[:)]|.[=!]?)|./gis;

/**
 * A GitLab pattern, which is RE2's, as a JavaScript one; `undefined` for what only RE2 supports. Throws a `SyntaxError` for what
 * RE2 refuses: look-around, back-references, unknown escapes (https://github.com/google/re2/wiki/Syntax).
 */
export function re2Pattern(source: string, flags: string): RegExp | undefined {
  const given = /^\(\?([imsU]+)\)/.exec(source);
  const found = (given === null ? source : source.slice(given[0].length)).match(parts) ?? [];
  let isInClass = false;
  const written = found.map((part) => {
    const isOpening = !isInClass && /^\[\^?\]?$/.test(part);
    const translated = isInClass ? insideClass(part) : outsideClass(part);
    isInClass = isOpening || (isInClass && part !== ']');
    return translated;
  });
  if (written.includes(undefined)) return undefined;
  // U turns greedy into lazy, which does not change whether something matches.
  const all = [...new Set(`${flags}${given?.[1] ?? ''}`.replaceAll('U', ''))].join('');
  return new RegExp(written.join(''), all);
}

function insideClass(part: string): string | undefined {
  const name = /^\[:(\w+):\]$/.exec(part)?.[1];
  if (name !== undefined) return classes[name] ?? refused(part);
  if (part === '\\s') return '\\t\\n\\f\\r ';
  return part.startsWith('[') ? (part.startsWith('[:') ? undefined : part.replaceAll('[', '\\[')) : escaped(part);
}

function outsideClass(part: string): string | undefined {
  if (part.startsWith('[')) return part.startsWith('[:') ? part : part.replace(/\]$/, '\\]');
  if (!part.startsWith('(?')) return escapes[part] ?? escaped(part);
  if (part === '(?:') return part;
  if (/^\(\?P?<\w+>$/.test(part)) return part.replace('P<', '<');
  return /^\(\?[imsU]*(-[imsU]+)?[:)]$/.test(part) ? undefined : refused(part);
}

/** A part that may be an escape; RE2's syntax lists the letters it knows. */
function escaped(part: string): string | undefined {
  if (!part.startsWith('\\')) return part;
  if (part.startsWith('\\Q'))
    return part
      .slice(2)
      .replace(/\\E$/, '')
      .replaceAll(/[.*+?^$()|\\[\]{}]/g, '\\$&');
  if (/^\\(x\{|[pPC])/.test(part)) return undefined;
  return /^\\([^a-zA-Z1-9]|[AabBdDEfnrsStvwWxz])$/s.test(part) ? part : refused(part);
}

function refused(part: string): never {
  throw new SyntaxError(`RE2, which GitLab uses, does not know ${part} in a pattern`);
}
