/** The table of settings for the documentation, from the JSON Schema of `drover.yml`. */

interface SchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

const START = '<!-- settings: made by scripts/schema.js -->';
const END = '<!-- /settings -->';

const rows = (node: SchemaNode, prefix: string): string[] =>
  Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const own = `| \`${path}\` | ${cell(child.default)} | ${(child.description ?? '').replaceAll('|', '\\|')} |`;
    // Of a price, the names of its parts say enough.
    return [own, ...(path === 'models.prices' ? [] : rows(child, path))];
  });

const cell = (value: unknown): string => {
  if (value === undefined) return '';
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return 'none';
  return `\`${JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ').replaceAll(':', ': ')}\``;
};

export const settingsTable = (schema: unknown): string =>
  ['| setting | default | meaning |', '| --- | --- | --- |', ...rows(schema as SchemaNode, '')].join('\n');

/** `page` with `table` between its markers. */
export const withTable = (page: string, table: string): string => {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`The page has no place for the table: ${START} … ${END}`);
  return `${page.slice(0, start + START.length)}\n\n${table}\n\n${page.slice(end)}`;
};
