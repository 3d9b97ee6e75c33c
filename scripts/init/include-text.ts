import { yamlText } from './yaml-text.ts';

export interface IncludeParts {
  /** Path of the library's project in GitLab. */
  readonly library: string;
  readonly template: string;
  readonly version: string;
  readonly tags: readonly string[];
  /** Further inputs, each a line. */
  readonly inputs: readonly string[];
}

/**
 * One entry of `include:` with the inputs that every template has. A project's image has its path in small letters, which is all that a registry
 * takes (https://docs.gitlab.com/user/packages/container_registry/#naming-convention-for-your-container-images).
 */
export function includeText({ library, template, version, tags, inputs }: IncludeParts): string {
  const all = [
    `image: $CI_REGISTRY/${library.toLowerCase()}`,
    ...(tags.length === 0 ? [] : [`tags: ${yamlText(tags)}`]),
    ...inputs,
  ];
  return `  - component: $CI_SERVER_FQDN/${library}/${template}@v${version}
    inputs:
${all.map((input) => `      ${input}`).join('\n')}`;
}
