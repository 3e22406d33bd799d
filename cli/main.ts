#!/usr/bin/env node
/** Entry of `drover`: the one place of the CLI that reads the environment. */
import { isTooOld, runWithPackagedNode } from './node-version.ts';

if (isTooOld(process.versions.node)) process.exitCode = await runWithPackagedNode(process.argv.slice(1));
else {
  // Only now: the rest imports what an old Node does not know.
  const { start } = await import('./start.ts');
  await start(process.env, process.argv.slice(2));
}
