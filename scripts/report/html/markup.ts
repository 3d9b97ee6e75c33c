/** A piece of valid HTML or XML. */
export interface Markup {
  readonly markup: string;
}

type Piece = string | number | Markup | undefined | readonly Piece[];

/** HTML or XML from a template: texts in it are escaped, markup and lists of it stay, `undefined` is nothing. */
export function markup(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: texts.map((text, index) => text + written(pieces[index])).join('') };
}

function written(piece: Piece): string {
  if (piece === undefined) return '';
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return escapedMarkup(piece);
  return 'markup' in piece ? piece.markup : piece.map(written).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as it is written between tags or in a quoted attribute. */
export function escapedMarkup(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
