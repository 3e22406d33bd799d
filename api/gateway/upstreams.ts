/** The providers behind the gateway: where they are, and the keys that are added on the way out. */
import { readFile, stat } from 'node:fs/promises';
import { anthropic } from '../../domain/models/anthropic.ts';
import { gemini } from '../../domain/models/gemini.ts';
import { FAMILY_NAMES, type FamilyName, type ModelFamily } from '../../domain/models/family.ts';
import { openai } from '../../domain/models/openai.ts';

export const FAMILIES: Readonly<Record<FamilyName, ModelFamily>> = { anthropic, openai, gemini };

export const isFamily = (name: string): name is FamilyName => FAMILY_NAMES.some((known) => known === name);

/** Where a key comes from. A file is read again when it changes, as that of a Kubernetes Secret does. */
export type KeySource = { readonly value: string } | { readonly file: string };

export interface Upstream {
  /** Without a slash at its end; what comes before `/v1`. */
  readonly baseUrl: string;
  readonly key?: KeySource;
  /** A token instead of a key, for Anthropic: sent as bearer. */
  readonly bearer?: KeySource;
}

export type Upstreams = Readonly<Record<FamilyName, Upstream>>;

interface Cached {
  readonly changed: number;
  readonly key: string;
}

/** Longer is no key. */
const KEY_LENGTH = 8_192;

export class Keys {
  readonly #upstreams: Upstreams;
  readonly #files = new Map<string, Cached>();

  constructor(upstreams: Upstreams) {
    this.#upstreams = upstreams;
  }

  has(family: FamilyName): boolean {
    const { key, bearer } = this.#upstreams[family];
    return (key ?? bearer) !== undefined;
  }

  /** The headers that let a call in; undefined when there is no key. */
  async headers(family: FamilyName): Promise<Readonly<Record<string, string>> | undefined> {
    const { key, bearer } = this.#upstreams[family];
    const source = key ?? bearer;
    const value = source === undefined ? '' : await this.#read(source);
    if (value === '') return undefined;
    if (family === 'gemini') return { 'x-goog-api-key': value };
    return family === 'anthropic' && key !== undefined
      ? { 'x-api-key': value }
      : { authorization: `Bearer ${value}` };
  }

  async #read(source: KeySource): Promise<string> {
    if ('value' in source) return source.value;
    const { mtimeMs } = await stat(source.file);
    const cached = this.#files.get(source.file);
    if (cached?.changed === mtimeMs) return cached.key;
    const key = (await readFile(source.file, 'utf8')).trim().slice(0, KEY_LENGTH);
    this.#files.set(source.file, { changed: mtimeMs, key });
    return key;
  }
}
