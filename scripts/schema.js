// Writes what is made from the schema of drover.yml: schema/drover.schema.json for editors, and the table of
// settings in docs/configuration.md. A test fails when either is out of date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { droverJsonSchema } from '../config/schema.ts';
import { settingsTable, withTable } from '../config/schema-docs.ts';

const root = new URL('..', import.meta.url);
const schema = droverJsonSchema();
await mkdir(new URL('schema/', root), { recursive: true });
await writeFile(new URL('schema/drover.schema.json', root), `${JSON.stringify(schema, null, 2)}\n`);
const page = new URL('docs/configuration.md', root);
await writeFile(page, withTable(await readFile(page, 'utf8'), settingsTable(schema)));
