import { expect, test } from '@jest/globals';
import { isAllowed } from '../../workers/sandbox/network.ts';

const HOSTS = ['registry.npmjs.org', '*.debian.org', 'git.example.org:22'];

test.each([
  ['registry.npmjs.org', 443, true],
  ['REGISTRY.npmjs.org', 80, true],
  ['registry.npmjs.org', 22, false],
  ['registry.npmjs.org.evil.com', 443, false],
  ['evil-registry.npmjs.org', 443, false],
  ['deb.debian.org', 80, true],
  ['debian.org', 80, false],
  ['evildebian.org', 80, false],
  ['git.example.org', 22, true],
  ['git.example.org', 443, false],
  ['127.0.0.1', 80, false],
  ['', 0, false],
])('a sandbox with a list of hosts: %s at %i', (host, port, allowed) => {
  expect(isAllowed({ host, port }, HOSTS)).toBe(allowed);
});
