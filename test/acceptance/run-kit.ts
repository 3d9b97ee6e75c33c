import { messageOf } from '../../scripts/errors.ts';
import type { Runtime } from '../../scripts/runtime.ts';
import type { Answer } from '../e2e/ask.ts';
import { Timeline } from '../e2e/timeline.ts';
import { driftByHand } from './drift-by-hand.ts';
import { deployPlatform, firstPush, sameCommit, secondPush, vendTenant } from './journey.ts';
import type { Part } from './kit-report.ts';
import type { KitParts } from './kit-site.ts';
import { writeMarker } from './marker.ts';
import type { Site, Stage } from './stage.ts';

const titles = {
  platform: 'The platform is deployed; a second deploy changes nothing',
  vend: 'The tenant is vended',
  first: 'First push: image, virtual host, release; the load balancer answers',
  second: 'Second push: another revision, the same data',
  drift: 'Drift: a change by hand is found, and its repair',
  same: 'The same commit again does nothing',
} as const;

type Id = keyof typeof titles;

/** The demo's path, part by part; ends at the first that fails. Never throws: the parts say what became of them. */
export async function runKit(parts: KitParts, site: Site, runtime: Runtime): Promise<Part[]> {
  const { aws, settings, say } = parts;
  let held: string[] = [];
  let first: Answer | undefined;
  const check: Stage['check'] = (holds, what) => {
    if (!holds) throw new Error(`not so: ${what}`);
    held.push(what);
    say(`  ✓ ${what}`);
  };
  const stage: Stage = { site, timeline: new Timeline(), signal: runtime.signal, say: (line = '') => say(line), check };
  const work: Record<Id, () => Promise<void>> = {
    platform: async () => {
      // Before anything else, so that a killed run can be cleaned up.
      await writeMarker(aws, { since: new Date().toISOString(), project: settings.project });
      await deployPlatform(stage, ['--environment', 'dev']);
    },
    vend: () => vendTenant(stage),
    first: async () => {
      first = await firstPush(stage);
    },
    second: async () => {
      if (first !== undefined) await secondPush(stage, first);
    },
    drift: () => driftByHand(stage),
    same: () => sameCommit(stage),
  };
  const done: Part[] = [];
  for (const [id, run] of Object.entries(work)) {
    const part = { id, title: titles[id as Id] };
    if (done.some(({ failure }) => failure !== undefined)) {
      done.push({ ...part, held: [] });
      continue;
    }
    say(`\n■ ${part.title}`);
    held = [];
    const start = performance.now();
    const failure = await run().then(() => undefined, messageOf);
    done.push({ ...part, held, failure, seconds: (performance.now() - start) / 1000 });
    if (failure !== undefined) say(`  ✗ ${failure}`);
  }
  return done;
}
