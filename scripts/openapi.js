// Writes docs/openapi.json from the routes. A test fails when it is out of date.
import { readFile, writeFile } from 'node:fs/promises';
import { openApiDocument } from '../api/rest/openapi.ts';
import { ROUTES } from '../api/rest/routes/all.ts';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
await writeFile(
  new URL('../docs/openapi.json', import.meta.url),
  `${JSON.stringify(openApiDocument(ROUTES, version), undefined, 2)}\n`,
);
