import { writeFileSync } from 'node:fs';

/** JavaScript, so that nothing but the command has Node load its compiler. Loaded before a measured command: writes the most memory it had, in KiB, to the file `BENCH_MEMORY`. */
process.on('exit', () => {
  writeFileSync(process.env.BENCH_MEMORY ?? '/dev/null', String(process.resourceUsage().maxRSS));
});
