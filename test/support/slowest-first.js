/**
 * The order in which Jest begins test files: what takes minutes first, so that no worker stands idle while another one
 * ends with a long file. Jest itself knows times from earlier runs only, which a clean checkout has none of.
 */
import { statSync } from 'node:fs';

/** Those that take 60 seconds and more alone; what starts many processes not beside the images of `deployment`. */
const LONG = [
  'kubernetes/deployment',
  'api/mcp-swarm',
  'e2e/malicious-agent',
  'e2e/services',
  'chaos/crash-points',
  'e2e/delivery',
  'e2e/schedules',
  'chaos/temporal-killed',
  'chaos/team-killed',
  'e2e/cli',
  'chaos/delivery-killed',
  'chaos/worker-frozen',
  'e2e/demo',
  'kubernetes/swarm',
];

const rank = (path) => {
  const at = LONG.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return at < 0 ? LONG.length : at;
};

const size = new Map();
const sizeOf = ({ path }) => {
  if (!size.has(path)) size.set(path, statSync(path).size);
  return size.get(path);
};

export default class SlowestFirst {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a.path) - rank(b.path) || sizeOf(b) - sizeOf(a));
  }

  allFailedTests(tests) {
    return tests;
  }

  shard(tests) {
    return tests;
  }

  cacheResults() {
    // Nothing is remembered: the order is the same on every machine.
  }
}
