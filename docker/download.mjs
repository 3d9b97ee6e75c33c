import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/** `node download.mjs URL SHA256 FILE`: writes the file if its content has that checksum, and fails otherwise. */
const [url = '', expected = '', file = ''] = process.argv.slice(2);
/** @param {string} message */
const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};
if (!/^[0-9a-f]{64}$/.test(expected))
  fail(`${url} needs its SHA-256 checksum, 64 hexadecimal digits, not "${expected}"`);
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
  if (!response.ok) fail(`cannot download ${url}: HTTP status ${response.status}`);
  const content = Buffer.from(await response.arrayBuffer());
  const actual = createHash('sha256').update(content).digest('hex');
  if (actual !== expected) fail(`${url} has the checksum ${actual}, not ${expected}`);
  writeFileSync(file, content);
} catch (error) {
  // Also when the connection breaks in the middle of the file.
  const { cause, message } = /** @type {Error & { cause?: Error }} */ (error);
  fail(`cannot download ${url}: ${cause?.message ?? message}`);
}
