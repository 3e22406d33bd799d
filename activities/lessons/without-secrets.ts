/** Takes credentials out of texts that are kept or passed on: keys of known services, private keys, passwords in URLs. */
import { lintSource } from '@secretlint/core';
import { creator as recommended } from '@secretlint/secretlint-rule-preset-recommend';

const CONFIG = {
  rules: [
    {
      id: '@secretlint/secretlint-rule-preset-recommend',
      rule: recommended,
      options: {},
      // Key ids alone are no leak, but nobody needs them in a lesson either.
      rules: [{ id: '@secretlint/secretlint-rule-aws', options: { enableIDScanRule: true } }],
    },
  ],
};
const HIDDEN = '[secret]';
/** Values that are named as what they are, of services that the rules do not know. */
const NAMED =
  /((?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|authorization)["']?\s*[:=]\s*["']?(?:bearer\s+)?)[^\s"',;]{8,}/giu;

export const withoutSecrets = async (text: string): Promise<string> => {
  const { messages } = await lintSource({
    source: { content: text, filePath: 'lesson.txt', ext: '.txt', contentType: 'text' },
    options: { noPhysicFilePath: true, config: CONFIG },
  });
  // From the end, so that the places of the others stay.
  const places = messages.map(({ range }) => range).sort((a, b) => b[0] - a[0]);
  let clean = text;
  let limit = text.length;
  for (const [start, end] of places) {
    if (start >= limit) continue;
    clean = clean.slice(0, start) + HIDDEN + clean.slice(Math.min(end, limit));
    limit = start;
  }
  return clean.replace(NAMED, `$1${HIDDEN}`);
};
