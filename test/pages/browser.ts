import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ensurePackages } from '../setup/packages.ts';

const program = 'chromium-headless-shell';

/** Debian's Chromium, without a window; installs it where it may. */
export async function openBrowser(progress: (line: string) => void): Promise<Browser> {
  await ensurePackages(progress, { [program]: program }, ['fonts-noto-color-emoji']);
  // As root it has no sandbox; it opens our own pages only.
  return await chromium.launch({ executablePath: `/usr/bin/${program}`, args: ['--no-sandbox'] });
}

export interface Look {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  readonly media?: 'print';
  /** Whether axe-core looks at it; it takes minutes for a large page. Default: true */
  readonly accessibility?: boolean;
}

/** Opens a page as it would be from a file, hands it over, and returns what is wrong with it. */
export async function judge(
  browser: Browser,
  html: string,
  look: Look,
  work: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<string[]> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.scheme,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const faults: string[] = [];
  page.on('request', (request) => faults.push(`asks for ${request.url().slice(0, 100)}`));
  page.on('console', (message) => faults.push(`says ${message.text()}`));
  try {
    await page.setContent(html, { waitUntil: 'load' });
    if (look.media !== undefined) await page.emulateMedia({ media: look.media });
    await work(page);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    if (Number(overflow) > 0) faults.push(`is ${overflow} pixels wider than the screen`);
    if (look.accessibility !== false) faults.push(...(await accessibilityFaults(page)));
    return faults;
  } finally {
    await context.close();
  }
}

async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as axe.AxeResults;
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html.slice(0, 200)} (${nodes.length})`);
}
