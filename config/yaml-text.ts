/**
 * Reads YAML or JSON (JSON is YAML) that a person wrote into a plain value, and knows on which line each part of it
 * stands. Files may be broken or hostile: size, depth and aliases are limited, tags refused.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type YAMLError,
} from 'yaml';
import { clip, plainLine } from '../domain/text.ts';
import { configError, type ConfigProblem, type Position } from './problem.ts';

export interface YamlText {
  /** Undefined when there are problems or the text holds nothing. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Where the value at `path` begins, or its key; the nearest thing around it when it is not there. */
  readonly locate: (path: readonly PropertyKey[], part?: 'key' | 'value') => Position | undefined;
}

/** Problems of one file that are listed: after a forgotten quote, everything else is wrong as well. */
const LISTED = 10;
/** Uses of anchors; a file of nested aliases can stand for more memory than there is. */
const ALIASES = 1_000;

const nowhere = (): undefined => undefined;

export const readYaml = (text: string, options: { source: string; maxBytes: number }): YamlText => {
  const { source, maxBytes } = options;
  const failed = (message: string, position?: Position): YamlText => ({
    value: undefined,
    problems: [configError(source, message, position)],
    locate: nowhere,
  });
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    return failed(
      `The file has ${Math.ceil(bytes / 1_048_576)} MB, the limit is ${Math.floor(maxBytes / 1_048_576)} MB; divide it`,
    );
  if (text.includes('\0'))
    return failed('The file is not text: it contains zero bytes; save it as UTF-8 text (YAML or JSON)');
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const position = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const broken = [
    ...document.errors,
    ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED'),
  ];
  if (broken.length > 0) {
    // After running out of stack the parser reports every open bracket; the first report says it all.
    const told = broken.some(({ code }) => code === 'RESOURCE_EXHAUSTION') ? broken.slice(0, 1) : broken;
    const problems = told
      .slice(0, LISTED)
      .map((error) => configError(source, yamlMessage(error, text), position(error.pos[0])));
    return { value: undefined, problems, locate: nowhere };
  }
  try {
    return {
      value: document.toJS({ maxAliasCount: ALIASES }),
      problems: [],
      locate: locator(document, position),
    };
  } catch (error) {
    return failed(
      `The file cannot be read: ${plainLine(String(error))}; write it without anchors and aliases`,
    );
  }
};

const yamlMessage = (error: YAMLError, text: string): string => {
  const there = clip(plainLine(text.slice(error.pos[0], error.pos[0] + 60)), 40);
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return `The key ${there.split(/[:\s]/)[0] ?? ''} is there twice; which one counts is not clear, so remove one`;
    case 'TAB_AS_INDENT':
      return 'A tab is used for indentation, which YAML does not allow; use spaces';
    case 'MULTIPLE_DOCS':
      return 'The file holds more than one document; remove what comes after the line "---"';
    case 'RESOURCE_EXHAUSTION':
      return 'The file is nested too deeply to be read; a plan or a configuration needs few levels';
    case 'TAG_RESOLVE_FAILED':
      return `The tag ${there.split(' ')[0] ?? ''} is not known; remove it, or quote the text if it is one`;
    default:
      return `${plainLine(error.message)}; check quotes, brackets and indentation around "${there}"`;
  }
};

const locator =
  (document: Document, position: (offset: number) => Position): YamlText['locate'] =>
  (path, part = 'value') => {
    let node: unknown = document.contents;
    let found = offsetOf(node) ?? 0;
    for (const [index, name] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document);
      const last = index === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(name));
        if (pair === undefined) break;
        const at = last && part === 'key' ? offsetOf(pair.key) : (offsetOf(pair.value) ?? offsetOf(pair.key));
        found = at ?? found;
        node = pair.value;
      } else if (isSeq(node)) {
        const item = node.items[Number(name)];
        if (item === undefined) break;
        found = offsetOf(item) ?? found;
        node = item;
      } else break;
    }
    return position(found);
  };

const offsetOf = (node: unknown): number | undefined =>
  (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) && node.range ? node.range[0] : undefined;
