import { expect, test } from '@jest/globals';
import { withoutSecrets } from '../../activities/lessons/without-secrets.ts';

/** Put together here, so that no scanner takes this file for a leak. */
const KEYS = [
  ['AWS', ['AKIA', 'IOSFODNN7ABCDEFG'].join('')],
  ['GitHub', ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_')],
  ['Anthropic', `sk-ant-api03-${'a'.repeat(93)}AA`],
  ['Slack', ['xoxb', '123456789012', '123456789012', 'abcdefghijklmnopqrstuvwx'].join('-')],
] as const;

test.each(KEYS)('a key of %s does not stay in a lesson', async (_, key) => {
  const clean = await withoutSecrets(`A try failed: cannot log in with ${key} today`);
  expect(clean).not.toContain(key);
  expect(clean).toContain('A try failed');
  expect(clean).toContain('today');
});

test.each([
  ['password in a URL', 'postgres://drover:hunter2hunter2@db/x', 'hunter2hunter2'],
  ['named token', 'TOKEN=abcdef0123456789 npm publish', 'abcdef0123456789'],
  ['header', 'Authorization: Bearer abc.def-ghi123456', 'abc.def-ghi123456'],
  ['quoted', '{"api_key": "zyxwvutsrqpo"}', 'zyxwvutsrqpo'],
])('a %s does not stay either', async (_, text, secret) => {
  expect(await withoutSecrets(text)).not.toContain(secret);
});

test('several in one text are all hidden, and the rest stays as it is', async () => {
  const text = KEYS.map(([name, key]) => `${name} ${key}`).join(', ');
  const clean = await withoutSecrets(text);
  for (const [name, key] of KEYS) {
    expect(clean).toContain(name);
    expect(clean).not.toContain(key);
  }
  expect(await withoutSecrets('Nothing to hide: tests take 3 s')).toBe('Nothing to hide: tests take 3 s');
});
