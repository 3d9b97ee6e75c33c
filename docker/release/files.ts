/** Files that `npm run image` writes beside image.json, and a release links. */
export const imageFiles = ['sbom.cdx.json', 'provenance.json'];

/** What such a file of one architecture is called in a release. */
export const assetName = (file: string, arch: string) => file.replace('.', `-${arch}.`);

/** The signed provenance of one architecture. */
export const bundleName = (arch: string) => assetName('provenance.sigstore.json', arch);
