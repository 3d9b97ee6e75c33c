import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { noteOf } from '../../scripts/report/note.ts';
import { pageOf } from '../../scripts/report/page.ts';
import type { Finding, Report } from '../../scripts/report/report.ts';
import { fleetPage } from '../../scripts/status/fleet/fleet-page.ts';
import { sampleFleet } from '../builders/sample-fleet.ts';
import { sampleReport } from '../builders/sample-report.ts';
import { judge, type Look, openBrowser } from './browser.ts';
import { noteInGitlab } from './gitlab-look.ts';
import { glfmFaults } from './glfm.ts';

/**
 * `npm run check:pages`: a real browser opens the page of a report, that of the fleet and the note, in light and dark, wide and as a phone; they
 * must be accessible (axe-core), fit, ask nobody for anything, and be fast. GitLab's own Markdown parser reads notes of any texts. With `--pictures` it makes those in docs/pictures/.
 */
const { values } = parseArgs({ options: { pictures: { type: 'boolean', default: false } } });
const pictures = join(import.meta.dirname, '../../docs/pictures');

const large: Report = {
  ...sampleReport,
  sections: ['dev', 'production'].map((name) => ({
    id: name,
    title: name,
    summary: 'much',
    state: 'found',
    findings: Array.from(
      { length: 500 },
      (_, index): Finding => ({
        id: `f${index}`,
        gravity: index % 2 === 0 ? 'fault' : 'change',
        title: `thing ${index} changes`,
        values: [{ path: 'Properties.UserData', from: 'a'.repeat(2_500), to: '\n'.repeat(2_500) }],
      }),
    ),
  })),
};
const next = { ...sampleReport, sections: sampleReport.sections.slice(1) };
const note = noteOf(next, {
  key: 'mr-plan',
  page: 'https://gitlab.example.test/acme/shop/-/jobs/99/artifacts/file/plan.html',
  former: noteOf(sampleReport, { key: 'mr-plan' }),
});
const unfold = (page: Page) =>
  page.evaluate("document.querySelectorAll('details').forEach((each) => each.setAttribute('open', ''))");

interface Case extends Look {
  readonly name: string;
  readonly html: string;
  readonly picture?: boolean;
}

const fleet = (tenants: number) =>
  fleetPage(sampleFleet(tenants), { job: 'https://gitlab.example.test/platform/fleet/-/jobs/99' });

const cases: readonly Case[] = [
  { name: 'page', html: pageOf(sampleReport), width: 980, scheme: 'light', picture: true },
  { name: 'page-dark', html: pageOf(sampleReport), width: 980, scheme: 'dark', picture: true },
  { name: 'page-phone', html: pageOf(sampleReport), width: 360, scheme: 'light', picture: true },
  { name: 'page-phone-dark', html: pageOf(sampleReport), width: 360, scheme: 'dark' },
  {
    name: 'page on paper',
    html: pageOf(sampleReport),
    width: 720,
    scheme: 'light',
    media: 'print',
    accessibility: false,
  },
  { name: 'fleet', html: fleet(3), width: 1280, scheme: 'light' },
  { name: 'fleet-dark', html: fleet(3), width: 1280, scheme: 'dark' },
  { name: 'fleet on a phone', html: fleet(3), width: 360, scheme: 'light' },
  { name: 'fleet of 300 tenants', html: fleet(300), width: 1280, scheme: 'light', accessibility: false },
  { name: 'fleet of nobody', html: fleet(0), width: 360, scheme: 'dark' },
  { name: 'page of nothing', html: pageOf({ ...sampleReport, sections: [] }), width: 360, scheme: 'light' },
  { name: 'page of 5 MB', html: pageOf(large), width: 360, scheme: 'dark', accessibility: false },
  { name: 'note', html: noteInGitlab(note), width: 900, scheme: 'light', picture: true },
];

const progress = (line: string) => process.stderr.write(`${line}\n`);
const notes = 1_000;
const glfm = await glfmFaults(notes, progress);
process.stdout.write(
  `${notes} notes in GitLab's Markdown: ${glfm.length === 0 ? 'good' : glfm.slice(0, 3).join('\n')}\n`,
);
if (glfm.length > 0) process.exitCode = 1;

const browser = await openBrowser(progress);
try {
  for (const { name, html, picture = false, ...look } of cases) {
    const started = performance.now();
    const faults = await judge(browser, html, look, async (page) => {
      if (picture && values.pictures) {
        await mkdir(pictures, { recursive: true });
        await writeFile(
          join(pictures, `${name}.png`),
          await page.screenshot({
            fullPage: true,
            clip: { x: 0, y: 0, width: look.width, height: look.width < 500 ? 1_700 : 1_340 },
          }),
        );
      }
      await unfold(page);
    });
    const took = performance.now() - started;
    if (took > 10_000) faults.push(`takes ${Math.round(took)} ms`);
    process.stdout.write(`${name}: ${faults.length === 0 ? `good, in ${Math.round(took)} ms` : faults.join('\n  ')}\n`);
    if (faults.length > 0) process.exitCode = 1;
  }
} finally {
  await browser.close();
}
