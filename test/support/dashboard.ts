/**
 * The dashboard in a real Chromium: pages that are signed in, what they print as errors, and axe. The browser asks
 * nobody but the API.
 */
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { chromium, type Page } from 'playwright-core';
import { apiToken, loginCode } from '../../api/token.ts';
import type { Drover } from './drover.ts';

const PROGRAM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
/** The machine may be busy with everything else. */
const PATIENCE_MS = 90_000;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
}

export interface Dashboard {
  readonly url: string;
  /** A page of a browser that has opened the login link, in a profile of its own. */
  open(path: string, look?: Look): Promise<Page>;
  /** A page of a browser that has not. */
  openAsStranger(path: string): Promise<Page>;
  /** Errors of all pages: exceptions, refused requests and policies, requests to other hosts. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** Answers with an error status, and an API that is gone, are what some tests are about. */
const EXPECTED = /Failed to load resource|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED/;

export const openDashboard = async (drover: Drover): Promise<Dashboard> => {
  const { api } = await drover.services();
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const errors: string[] = [];
  const watch = (page: Page): void => {
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) errors.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(api.url) && !request.url().startsWith('blob:'))
        errors.push(`asked ${request.url()}`);
    });
  };
  const fresh = async ({ width = 1_360, height = 860, theme = 'light' }: Look): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
    const page = await context.newPage();
    watch(page);
    return page;
  };
  return {
    url: api.url,
    errors,
    openAsStranger: async (path) => {
      const page = await fresh({});
      await page.goto(api.url + path);
      return page;
    },
    open: async (path, look = {}) => {
      const page = await fresh(look);
      await page.goto(`${api.url}/login?code=${loginCode(await apiToken(drover.home), Date.now())}`);
      // The cookie is there; the page that gave it leads on to the first one.
      await page.waitForURL(`${api.url}/`);
      await page.goto(api.url + path);
      return page;
    },
    close: () => browser.close(),
  };
};

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** @returns what axe finds wrong, in words */
export const accessibilityProblems = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate<AxeResult>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => ({ violations }))",
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
};

/** Is anything wider than the screen? */
export const sidewaysPixels = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
