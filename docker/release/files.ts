/** Files that `npm run image` writes next to image.json, and that a release links. */
export const imageFiles = ['sbom.cdx.json', 'provenance.json'];

/** The name of such a file, for one architecture, in a release. */
export const assetName = (file: string, arch: string) => file.replace('.', `-${arch}.`);

/** The signed provenance of one architecture. */
export const bundleName = (arch: string) => assetName('provenance.sigstore.json', arch);
