/** Loaded before the scripts of package.json that are TypeScript: `npm ci --ignore-scripts` leaves them with the machine's Node. */
if (!process.features.typescript) {
  process.stderr.write(
    `Node ${process.versions.node} cannot run this: npm rebuild node --ignore-scripts=false brings Node 24, or use Node 22.18 or later\n`,
  );
  process.exit(1);
}
