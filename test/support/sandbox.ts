/** Tests of the sandbox, where the machine lets one be made. Where it forbids it they are left out, with a word. */
import { test } from '@jest/globals';
import { probeSandbox } from '../../workers/sandbox/bubblewrap.ts';

const finding = await probeSandbox(process.env);
if (finding.kind === 'forbidden')
  process.stderr.write(`Not run here: tests of the sandbox, because ${finding.reason}\n`);

const mayRun = finding.kind === 'works' || (finding.kind === 'missing' && process.env['CI'] !== undefined);
export const sandboxTest = mayRun ? test : test.skip;
