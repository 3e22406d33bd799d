/** The example of independent mode with the real CLI: three answers, compared, one picked from the temporal CLI. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Comparison } from '../../domain/swarm/comparison.ts';
import type { Report } from '../../domain/report/report.ts';
import { homeAt } from '../../store/home.ts';
import { apiAt } from '../support/api-client.ts';
import { json, runCli, startInTerminal, type CliEnvironment } from '../support/cli.ts';
import { inPhase, openStage, untilStatus, type CliStage, type Status } from '../support/cli-swarm.ts';
import { git } from '../support/repository.ts';
import { temporalProgram } from '../support/temporal-program.ts';

const shell = promisify(execFile);
const CONFIG = fileURLToPath(new URL('../../examples/independent/drover.yml', import.meta.url));
const PROMPT = 'Make slugify handle accents';

let stage: CliStage;
beforeAll(async () => {
  stage = await openStage();
}, 300_000);
afterAll(() => stage?.close(), 120_000);

const waitsForPick = ({ decisions }: Status): boolean =>
  decisions.some((decision) => decision.kind === 'pick' && decision.answer === undefined);

const startIndependent = async (here: CliEnvironment): Promise<string> => {
  const run = await runCli(
    here,
    'run',
    PROMPT,
    '--agents',
    '3',
    '--independent',
    '--config',
    CONFIG,
    '--detach',
  );
  expect(run).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
  return run.stdout.trim();
};

describe('drover run --independent', () => {
  test('three answers are compared; one is picked by a signal, and a second pick is told that it is too late', async () => {
    const here = await stage.repository();
    const before = await git(here.cwd, 'rev-parse', 'HEAD');
    const swarmId = await startIndependent(here);
    await untilStatus(here, swarmId, waitsForPick);

    const comparison = await json<Comparison & { hub: string }>(here, 'compare', swarmId);
    expect(comparison.candidates.map((one) => [one.agent, one.verified, one.state])).toEqual([
      ['agent-1', 'green', 'completed'],
      ['agent-0', 'red', 'completed'],
      ['agent-2', 'not verified', 'failed'],
    ]);
    const shown = (await runCli(here, 'compare', swarmId)).stdout;
    expect(shown).toMatch(/agent-1 +green +1 file, \+1 -0/);
    expect(shown).toContain('agent-1 wrote slugify');
    expect(await git(comparison.hub, 'diff', 'main..agent-0')).toContain('text.toLowerCase().replace(/ /g');

    const { address } = (
      JSON.parse(await readFile(join(here.home, 'up.json'), 'utf8')) as { temporal: { address: string } }
    ).temporal;
    await shell(await temporalProgram(), [
      'workflow',
      'signal',
      '--address',
      address,
      '--workflow-id',
      swarmId,
      '--name',
      'pick',
      '--input',
      '{"agent":"agent-1"}',
    ]);
    await untilStatus(here, swarmId, inPhase('completed'));

    expect(await git(here.cwd, 'show', `drover/${swarmId}:slugify.js`)).toContain("normalize('NFKD')");
    expect(await git(here.cwd, 'rev-parse', 'HEAD')).toBe(before);
    const late = await runCli(here, 'pick', swarmId, 'agent-0');
    expect(late).toMatchObject({ code: 5, stderr: expect.stringContaining('has ended') });

    const report = await json<Report>(here, 'report', swarmId);
    expect(report.comparison).toMatchObject({ picked: 'agent-1', judged: false });
    const markdown = (await runCli(here, 'report', swarmId)).stdout;
    expect(markdown).toContain('## Comparison');
    expect(markdown).toMatch(/`agent-1` \*\*picked\*\* .* green /);
  });

  test('in a terminal the answers are shown and picked from', async () => {
    const here = await stage.repository();
    const run = startInTerminal(here, 'run', PROMPT, '--agents', '2', '--independent', '--config', CONFIG);
    await run.until('Which of 2 answers becomes the result?');
    run.type('\u001b[B');
    await run.until('● agent-0');
    run.type('\r');
    const ended = await run.ended;
    expect(ended.code).toBe(0);
    const [swarmId = ''] = /drover\/([a-z0-9-]+)/.exec(ended.stdout)?.slice(1) ?? [];
    expect(await git(here.cwd, 'show', `drover/${swarmId}:slugify.js`)).toContain('replace(/ /g');
  });

  test('over REST one of the choices is taken; of two people who answer at once, one is told that the other was first', async () => {
    const here = await stage.repository();
    const swarmId = await startIndependent(here);
    const { decisions } = await untilStatus(here, swarmId, waitsForPick);
    const id = decisions.find(({ kind }) => kind === 'pick')?.id;
    const home = homeAt(here.home);
    const { api } = JSON.parse(await readFile(home.upFile, 'utf8')) as { api: { url: string } };
    const client = apiAt(api.url, (await readFile(home.tokenFile, 'utf8')).trim());
    const resolve = (choice: string) =>
      client.post(`/api/swarms/${swarmId}/decisions/${id}/resolve`, { action: 'approve', choice });

    const unknown = await resolve('agent-9');
    expect([unknown.status, unknown.text]).toEqual([400, expect.stringContaining('choices: agent-1')]);
    const answers = await Promise.all([resolve('agent-0'), resolve('agent-1')]);
    const won = answers.find(({ status }) => status === 200);
    const lost = answers.find(({ status }) => status === 409);
    const { choice } = (JSON.parse(won?.text ?? '') as { answer: { choice: string } }).answer;
    expect(lost?.text).toContain(`answered already: approve ${choice}`);
    await untilStatus(here, swarmId, inPhase('completed'));
    expect((await json<Report>(here, 'report', swarmId)).comparison?.picked).toBe(choice);
  });

  test('what does not go together is refused before anything starts', async () => {
    const here = await stage.repository();
    const run = await runCli(here, 'run', '--independent', '--agents', '1', '--plan', 'x.yml');
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('--independent answers one prompt');
    expect(run.stderr).toContain('--independent needs the prompt');
    expect(run.stderr).toContain('--independent takes 2 to 20 agents');
    expect((await runCli(here, 'run', 'x', '--judge')).stderr).toContain('--judge ranks the answers');
  });
});
