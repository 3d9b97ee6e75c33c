import { Document, isScalar, isSeq, visit } from 'yaml';
import type { Expanded } from './expand.ts';

/**
 * An expanded pipeline as a reviewer reads it: a paragraph for each job, a line for each rule and each need. In the commit of a release the
 * image has its digest, which is not reviewed.
 */
export function goldenText(title: string, pipeline: Expanded, version: string): string {
  const document = new Document(pipeline, { aliasDuplicateObjects: false });
  document.commentBefore = [
    ` ${title}, expanded by gitlab-ci-local: includes, inputs, \`extends\` and`,
    ' `!reference` are resolved. It adds the stages `.pre` and `.post`, and the defaults of each need.',
    ' Written by `npx vitest run --project unit test/ci-templates/expanded.test.ts -u`',
  ].join('\n');
  visit(document, {
    Map: (_, map, path) => {
      if (isSeq(path.at(-1))) map.flow = true;
    },
    Pair: (index, { key }, path) => {
      if (path.length === 2 && index !== 0 && isScalar(key)) key.spaceBefore = true;
    },
  });
  return document.toString({ lineWidth: 0 }).replaceAll(/(?<=name: \S+)@sha256:[0-9a-f]{64}/g, `:${version}`);
}
