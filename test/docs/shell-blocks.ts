import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages whose commands somebody follows from the first to the last, in this order. */
export const followedPages = ['docs/quick-start.md', 'docs/quick-start-tenant.md', 'docs/remove-everything.md'];

/** A block of shell commands on a page. */
export interface ShellBlock {
  /** Page and line, for messages. */
  readonly place: string;
  readonly text: string;
  /** Why no test runs it; absent for those that a journey runs. */
  readonly notTried?: string;
}

/** The blocks of a page in their order. A paragraph that begins with `**Not tried:**` keeps the block below it from being run. */
export function shellBlocks(page: string, text = readPage(page)): ShellBlock[] {
  return [...text.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(({ 1: indent = '', 2: body = '', index }) => {
    const above = text.slice(0, index).trimEnd();
    const paragraph = above.slice(above.lastIndexOf('\n\n') + 1).trim();
    const why = /^\*\*Not tried:\*\*(.*)$/s.exec(paragraph)?.[1]?.trim();
    return {
      place: `${page}:${text.slice(0, index).split('\n').length}`,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      ...(why === undefined ? {} : { notTried: why }),
    };
  });
}

export function readPage(page: string): string {
  return readFileSync(join(import.meta.dirname, '../..', page), 'utf8');
}
