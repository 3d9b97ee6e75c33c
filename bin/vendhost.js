#!/usr/bin/env node
import { isSupported } from './node-version.js';

const { node } = process.versions;
if (isSupported(node)) {
  await import('./typescript.js');
  await import('../scripts/vendhost.ts');
} else {
  // Loading anything else could end in a syntax error.
  process.exitCode = 1;
  process.stderr.write(`error: vendhost cannot run on Node ${node}: it needs 20.19, 22.12, 24 or later
hint: install one of these (https://nodejs.org), or use the runner image, which has Node 24\n`);
}
