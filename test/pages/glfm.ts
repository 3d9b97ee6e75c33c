import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { noteOf } from '../../scripts/report/note.ts';
import { anyTexts, reportOf } from '../builders/any-report.ts';
import { pythonWith } from '../local-cloud/python.ts';

type Node = DefaultTreeAdapterTypes.ChildNode;

/** What GitLab leaves in a span of its own, so that it begins no reference (`lib/banzai/filter/escaped_char_filter.rb`). */
const signs = ['$', '%', '#', '&', '@', '!', '~', '^'];

/**
 * What is wrong with notes of any texts when the Markdown parser of GitLab, comrak, has read them: another tree than that of
 * a harmless note, or a text in which GitLab would find a reference or a mention.
 */
export async function glfmFaults(count: number, progress: (line: string) => void): Promise<string[]> {
  const options = { key: 'mr-plan', page: 'https://gitlab.example.test/plan.html' };
  const notes = [['a'], ...fc.sample(anyTexts(41), count)].map((texts) => noteOf(reportOf(texts), options));
  const python = await pythonWith('requirements.txt', progress, import.meta.dirname);
  const script = join(import.meta.dirname, 'render_markdown.py');
  const { stdout } = await execa(python, [script], { input: JSON.stringify(notes), timeout: 120_000 });
  const looks = (JSON.parse(stdout) as string[]).map((html) => lookOf(parseFragment(html).childNodes));
  const harmless = looks[0]?.shape;
  return looks.flatMap(({ shape, texts }, index) => {
    const references = texts.filter((text) => /(?:^|\W)[@!#~%$&^]\w/.test(text));
    if (shape === harmless && references.length === 0) return [];
    return `note ${index}: ${shape === harmless ? `refers to ${references[0]}` : 'has another tree'}: ${notes[index]?.slice(0, 2_000)}`;
  });
}

/** The tree without what is only a letter or a link to a visible address, and the texts that are searched for references. */
function lookOf(nodes: readonly Node[]): { shape: string; texts: string[] } {
  const texts = [''];
  const add = (text: string) => texts.push(`${texts.pop()}${text}`);
  const walk = (node: Node, isSearched: boolean): string => {
    if ('value' in node && isSearched) add(node.value);
    if (!('tagName' in node)) return '';
    const inner = node.childNodes;
    if (node.tagName === 'span') {
      const [letter] = inner;
      const text = letter !== undefined && 'value' in letter ? letter.value : '';
      if (signs.includes(text)) texts.push('');
      else if (isSearched) add(text);
      return '';
    }
    const searched = isSearched && !['code', 'a'].includes(node.tagName);
    texts.push('');
    const inside = inner.map((child) => walk(child, searched)).join('');
    texts.push('');
    return node.tagName === 'a' ? inside : `${node.tagName}(${inside})`;
  };
  return { shape: nodes.map((node) => walk(node, true)).join(''), texts };
}
