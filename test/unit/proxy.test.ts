/** Which proxy is used for what, from the variables that other programs know too. */
import { expect, test } from '@jest/globals';
import { proxyFor, proxyVariables } from '../../config/proxy.ts';

const through = (url: string, env: Record<string, string>): string | undefined => proxyFor(env, new URL(url));
const proxy = 'http://proxy:3128';

test('without a proxy nothing is set', () => {
  expect(proxyVariables({})).toBeUndefined();
  expect(proxyVariables({ NO_PROXY: '*', HTTPS_PROXY: ' ' })).toBeUndefined();
});

test('with one, this machine stays an exception besides those that are given, in both spellings', () => {
  const set = proxyVariables({ https_proxy: proxy, NO_PROXY: 'intern.example, localhost' });
  expect(set).toEqual({
    HTTPS_PROXY: proxy,
    NO_PROXY: 'intern.example,localhost,127.0.0.1,::1',
    no_proxy: 'intern.example,localhost,127.0.0.1,::1',
    NODE_USE_ENV_PROXY: '1',
  });
});

test.each([
  ['https://api.example.com/', proxy],
  ['http://api.example.com/', undefined],
  ['https://localhost:7420/', undefined],
  ['https://127.0.0.1/', undefined],
  ['https://[::1]/', undefined],
  ['https://git.intern.example/', undefined],
  ['https://intern.example/', undefined],
  ['https://notintern.example/', proxy],
])('%s by %s', (url, expected) => {
  expect(through(url, { HTTPS_PROXY: proxy, no_proxy: '.intern.example' })).toBe(expected);
});

test('the exception * is for all', () => {
  expect(through('https://api.example.com/', { HTTPS_PROXY: proxy, NO_PROXY: '*' })).toBeUndefined();
});
