import { stringify } from 'yaml';

/**
 * A text, or a list of texts in one line, as YAML: in quotes if a reader would otherwise take it for something else, like `true` or `1.0`. GitLab
 * reads YAML 1.1, in which `yes` and `off` are such words too.
 */
export function yamlText(value: string | readonly string[]): string {
  const style = { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false } as const;
  return stringify(value, { ...style, version: '1.1' }).trimEnd();
}
