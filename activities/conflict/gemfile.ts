/**
 * A Gemfile is a program, which Bundler runs to read it. One that only declares gems does no harm; anything else,
 * and gems of whose own files Bundler would run one (by path, from git), are for a person.
 */

const TEXT = String.raw`(?:"[^"#\\]*"|'[^'\\]*')`;
const ITEM = String.raw`(?:${TEXT}|:[a-z_]\w*)`;
const VALUE = String.raw`(?:${TEXT}|:[a-z_]\w*|true|false|nil|\[\s*(?:${ITEM}(?:\s*,\s*${ITEM})*)?\s*\])`;
const OPTION = String.raw`(?:(?:require|group|groups|platform|platforms|source|force_ruby_platform):\s*|:(?:require|group|groups|platform|platforms|source)\s*=>\s*)${VALUE}`;
const list = (item: string): string => String.raw`${item}(?:\s*,\s*${item})*`;
const END = String.raw`\s*(?:#.*)?$`;

const DECLARATIONS: readonly RegExp[] = [
  String.raw`^\s*(?:#.*)?$`,
  String.raw`^\s*end${END}`,
  String.raw`^\s*(?:source|ruby)\s*\(?\s*${list(TEXT)}\s*\)?${END}`,
  String.raw`^\s*source\s*\(?\s*${TEXT}\s*\)?\s+do${END}`,
  // What `bundle init` writes.
  String.raw`^\s*git_source\(:github\) \{ ?\|(repo|repo_name)\| "https://github\.com/#\{\1\}(?:\.git)?" ?\}${END}`,
  String.raw`^\s*(?:group|platforms?)\s*\(?\s*${list(String.raw`(?::[a-z_]\w*|optional:\s*(?:true|false))`)}\s*\)?\s+do${END}`,
  String.raw`^\s*gem\s*\(?\s*${list(TEXT)}(?:\s*,\s*${list(OPTION)})?\s*\)?${END}`,
].map((source) => new RegExp(source));

const SHOWN = 80;
/** Longer ones are no declarations, and costly to look at. */
const MAX_LINE = 500;

/** @returns why this Gemfile is not handed to Bundler */
export const gemfileProblem = (text: string): string | undefined => {
  const lines = text.split(/\r?\n/);
  const at = lines.findIndex(
    (line) => line.length > MAX_LINE || !DECLARATIONS.some((declaration) => declaration.test(line)),
  );
  if (at < 0) return undefined;
  const line = lines[at] ?? '';
  return `line ${at + 1} of the Gemfile does more than declare a gem: ${line.trim().slice(0, SHOWN)}`;
};
