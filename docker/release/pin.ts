/** Where the templates are: for `include: project`, and for the catalog. */
export const templateFolders = ['ci-templates', 'templates'];

/**
 * A template of a release: the image by the digest of its manifest list, with the version as a comment. So nobody has to repeat the
 * version, and moving the image's tag changes nothing. Throws when the template does not name the image of the version once.
 */
export function pinTemplate(text: string, version: string, digest: string): string {
  const parts = text.split(`image: $[[ inputs.image ]]:${version}\n`);
  if (parts.length !== 2)
    throw new Error(`a template names the image of ${version} ${parts.length - 1} times, not once`);
  return parts.join(`image: $[[ inputs.image ]]@${digest} # ${version}\n`);
}
