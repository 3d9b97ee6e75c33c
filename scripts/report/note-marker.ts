import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { headOf, seenOnOneLine } from './safe-text.ts';

/** A finding as a note remembers it for the next one. */
export interface Remembered {
  /** Short ids, because ids may be long. */
  readonly section: string;
  readonly id: string;
  readonly title: string;
  /** No longer found when the note was written. */
  readonly isGone: boolean;
}

const mostBytes = 4_000_000;

/** How the body of a note with this key begins, whatever it says: a comment, which GitLab does not show. */
export function markerStart(key: string): string {
  return `<!-- vendhost:${key.replaceAll(/[^\w:./-]|-(?=-)/g, (character) => `%${character.charCodeAt(0).toString(16)}`)} `;
}

/** The key of a note that begins with a marker. */
export function keyIn(body: string): string | undefined {
  const [start, written = ''] = /^<!-- vendhost:(\S+) /.exec(body) ?? [];
  const key = written.replaceAll(/%([0-9a-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return start !== undefined && markerStart(key) === start ? key : undefined;
}

/**
 * The first line of a note: its key, the pipeline that wrote it, and in at most so many characters its findings. The last ones
 * are dropped if there is no room.
 */
export function noteMarker(
  { key, pipeline }: { readonly key: string; readonly pipeline?: number | undefined },
  remembered: readonly Remembered[],
  most: number,
): string {
  const start = `${markerStart(key)}${pipeline === undefined ? '' : `p${pipeline} `}`;
  const rows = remembered.map(({ section, id, title, isGone }) => [section, id, shortTitle(title), isGone ? 1 : 0]);
  for (let count = Math.min(rows.length, most / 20); ; count = count / 2) {
    const packed = deflateRawSync(JSON.stringify(rows.slice(0, Math.floor(count))), { level: 9 }).toString('base64');
    if (packed.length <= most || count < 1) return `${start}${packed} -->`;
  }
}

/** What a note remembers; nothing when it has another key, or somebody has changed its first line. */
export function rememberedIn(key: string, body: string): Remembered[] {
  const { packed } = markedIn(key, body);
  if (packed === undefined) return [];
  try {
    const text = inflateRawSync(Buffer.from(packed, 'base64'), { maxOutputLength: mostBytes }).toString();
    const rows: unknown = JSON.parse(text);
    return Array.isArray(rows) ? rows.flatMap(rememberedRow) : [];
  } catch {
    return [];
  }
}

/** The id of the pipeline that wrote a note; later pipelines have higher ids. `undefined` if the note does not say. */
export function pipelineIn(key: string, body: string): number | undefined {
  const { pipeline } = markedIn(key, body);
  return pipeline === undefined ? undefined : Number(pipeline);
}

function markedIn(key: string, body: string): { packed?: string; pipeline?: string } {
  const start = markerStart(key);
  if (!body.startsWith(start)) return {};
  return /^(?:p(?<pipeline>\d{1,15}) )?(?<packed>[\w+/=]+) -->/.exec(body.slice(start.length))?.groups ?? {};
}

/** Of a short title, the short title is the same. */
function shortTitle(title: string): string {
  const line = seenOnOneLine(title);
  return line.length <= 100 ? line : `${headOf(line, 99)}…`;
}

function rememberedRow(row: unknown): Remembered[] {
  if (!Array.isArray(row) || row.slice(0, 3).some((value) => typeof value !== 'string')) return [];
  const [section, id, title, isGone] = row;
  return [{ section, id, title, isGone: isGone === 1 }];
}
