import MarkdownIt from 'markdown-it';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';

type Node = DefaultTreeAdapterTypes.ChildNode;

const markdown = new MarkdownIt({ html: true, linkify: false });

/** The tree that a Markdown text becomes: raw HTML as a browser reads it. */
export function markdownTree(text: string): readonly Node[] {
  return parseFragment(markdown.render(text)).childNodes;
}

/** Names of elements, nested, without their texts: `p(strong br)`. */
export function shapeOf(nodes: readonly Node[]): string {
  return nodes
    .filter((node) => 'tagName' in node)
    .map((node) => {
      const inside = shapeOf(node.childNodes);
      return inside === '' ? node.tagName : `${node.tagName}(${inside})`;
    })
    .join(' ');
}

/** All texts, and those that GitLab searches for references: not in `code` nor in links. */
export function textsOf(nodes: readonly Node[], within: 'everywhere' | 'searched' = 'everywhere'): string[] {
  return nodes.flatMap((node) => {
    if ('value' in node) return node.value;
    if (!('childNodes' in node)) return [];
    return within === 'searched' && ['code', 'a', 'pre'].includes(node.tagName) ? [] : textsOf(node.childNodes, within);
  });
}
