import { appendFileSync } from 'node:fs';

/** Preloaded into a measured program and those it starts: each appends its peak memory in KiB to the file. */
const file = process.env.BENCH_PEAK_FILE;
if (file !== undefined) process.on('exit', () => appendFileSync(file, `${process.resourceUsage().maxRSS}\n`));
