import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const files = new Set(listed.split('\n').filter((each) => each !== ''));
const pages = [...files].filter((each) => each.endsWith('.md')).sort();

/** A page's text without its code, in which brackets are no links and lines with `#` no headings. */
function prose(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```/gms, '').replaceAll(/`[^`\n]+`/g, (code) => code.replaceAll(/[[\]()#]/g, ''));
}

/** Anchors of a page's headings, as GitLab makes them (https://docs.gitlab.com/user/markdown/#heading-ids-and-links). */
function anchorsOf(text: string): Set<string> {
  const headings = [...prose(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading);
  const seen = new Map<string, number>();
  return new Set(
    headings.map((heading) => {
      const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const anchor = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    }),
  );
}

/** Targets of the links within the repository. */
function linksIn(text: string): string[] {
  const all = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return all.filter((target) => !/^[a-z]+:/.test(target));
}

/** Why a link leads nowhere. */
function fault(page: string, text: string, link: string): string[] {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path).replace(/\/$/, '');
  const isFolder = [...files].some((each) => each.startsWith(`${target}/`));
  if (!files.has(target) && !isFolder) return [`${link}: there is no ${target}`];
  if (anchor === undefined || !target.endsWith('.md')) return [];
  const there = target === page ? text : readFileSync(join(root, target), 'utf8');
  return anchorsOf(there).has(anchor) ? [] : [`${link}: there is no heading for #${anchor}`];
}

describe('links within the repository', () => {
  test.each(pages)('of %s lead to a file, and to a heading of it', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    expect(linksIn(text).flatMap((link) => fault(page, text, link))).toEqual([]);
  });

  test.each([
    ['[a](SECURITY.md)', []],
    ['[a](#no)', ['#no: there is no heading for #no']],
    ["# What's `a_b`, then?\n[a](#whats-a_b-then)", []],
    ['# A\n# A\n[a](#a-1) and [b](https://example.com#x)', []],
    ['[a](no.md#x)', ['no.md#x: there is no no.md']],
    ['[a](docs/security.md#not-there)', ['docs/security.md#not-there: there is no heading for #not-there']],
  ])('%j', (text, faults) => {
    expect(linksIn(text).flatMap((link) => fault('README.md', text, link))).toEqual(faults);
  });
});
