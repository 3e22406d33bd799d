/** Workflows that were started by an earlier version go on with this one: their histories replay. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { WORKFLOWS } from '../../domain/protocol.ts';
import { historyFromText, workflowTypeOf, type History } from '../support/history.ts';
import { workflowBundle } from '../support/swarm-world.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const directory = fileURLToPath(new URL('histories/', import.meta.url));

const load = async (file: string): Promise<History> =>
  historyFromText(await readFile(join(directory, file), 'utf8'));

async function* kept(files: readonly string[]): AsyncGenerator<{ workflowId: string; history: History }> {
  for (const file of files) {
    const history = await load(file);
    // What a workflow calls its children may follow from its own id.
    const { workflowId } = history.events[0]?.workflowExecutionStartedEventAttributes ?? {};
    yield { workflowId: workflowId ?? file, history };
  }
}

const failures = async (
  histories: AsyncIterable<{ workflowId: string; history: History }>,
): Promise<string[]> => {
  const options = { workflowBundle: await workflowBundle() };
  const found: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
    if (error !== undefined) found.push(`${workflowId}: ${error.message}`);
  return found;
};

describe('kept histories', () => {
  test('of every workflow replay', async () => {
    const files = (await readdir(directory)).filter((file) => file.endsWith('.json'));
    const types = new Set(await Promise.all(files.map(async (file) => workflowTypeOf(await load(file)))));
    expect(types).toEqual(new Set(Object.values(WORKFLOWS)));
    expect(await failures(kept(files))).toEqual([]);
  });

  test('that do not fit the code are noticed', async () => {
    const [file = ''] = (await readdir(directory)).filter((name) => name.includes('-plain-swarm-'));
    const history = await load(file);
    // Another activity than the one that was done.
    for (const event of history.events ?? [])
      if (event.activityTaskScheduledEventAttributes?.activityType?.name === 'openSwarm')
        event.activityTaskScheduledEventAttributes.activityType.name = 'closeSwarm';
    async function* changed(): AsyncGenerator<{ workflowId: string; history: History }> {
      yield { workflowId: 'changed', history };
    }
    expect(await failures(changed())).toHaveLength(1);
  });
});
