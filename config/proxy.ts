/**
 * The proxies that the environment names, as other programs know them too. What leaves the machine goes through them,
 * what stays on it never does. Pure.
 */
import type { Environment } from './environment.ts';

/** Both spellings of `NO_PROXY`: libraries look at one or the other. */
interface ProxyVariables extends Readonly<Record<string, string>> {
  readonly NO_PROXY: string;
  readonly no_proxy: string;
}

const HERE = ['localhost', '127.0.0.1', '::1'];

const given = (env: Environment, name: string): string | undefined =>
  // Where both are set, the small one counts, as with curl.
  [env[name.toLowerCase()], env[name]].find((value) => value !== undefined && value.trim() !== '')?.trim();

const exceptions = (env: Environment): readonly string[] =>
  (given(env, 'NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');

/** @returns undefined when no proxy is named */
export const proxyVariables = (env: Environment): ProxyVariables | undefined => {
  const http = given(env, 'HTTP_PROXY');
  const https = given(env, 'HTTPS_PROXY');
  if (http === undefined && https === undefined) return undefined;
  const direct = [...new Set([...exceptions(env), ...HERE])].join(',');
  return {
    ...(http === undefined ? {} : { HTTP_PROXY: http }),
    ...(https === undefined ? {} : { HTTPS_PROXY: https }),
    NO_PROXY: direct,
    no_proxy: direct,
    // For processes that are started from here.
    NODE_USE_ENV_PROXY: '1',
  };
};

const goesDirectly = (host: string, entry: string): boolean => {
  const name = entry
    .toLowerCase()
    .replace(/^([^:]*):\d+$/, '$1')
    .replace(/^\*?\./, '');
  return entry === '*' || host === name || host.endsWith(`.${name}`);
};

/** @returns the proxy by which `url` is reached; undefined when it is reached without one */
export const proxyFor = (env: Environment, url: URL): string | undefined => {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if ([...exceptions(env), ...HERE].some((entry) => goesDirectly(host, entry))) return undefined;
  return given(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
};
