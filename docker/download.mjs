import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/** `node download.mjs URL SHA256 FILE`: writes the file if its content has that checksum, and fails otherwise. */
const [url = '', expected = '', file = ''] = process.argv.slice(2);
const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};
if (!/^[0-9a-f]{64}$/.test(expected))
  fail(`${url} needs its SHA-256 checksum, 64 hexadecimal digits, not "${expected}"`);
const response = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((error) =>
  fail(`cannot download ${url}: ${error.cause?.message ?? error.message}`),
);
if (!response.ok) fail(`cannot download ${url}: HTTP status ${response.status}`);
const content = Buffer.from(await response.arrayBuffer());
const actual = createHash('sha256').update(content).digest('hex');
if (actual !== expected) fail(`${url} has the checksum ${actual}, not ${expected}`);
writeFileSync(file, content);
