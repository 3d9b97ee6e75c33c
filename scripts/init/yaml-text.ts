import { stringify } from 'yaml';

/**
 * A text, or a list of some in one line, as YAML: in quotes where a reader would take it for something else, as `true` or `1.0`. GitLab
 * reads YAML 1.1, in which `yes` and `off` are such words too.
 */
export function yamlText(value: string | readonly string[]): string {
  const style = { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false } as const;
  return stringify(value, { ...style, version: '1.1' }).trimEnd();
}
