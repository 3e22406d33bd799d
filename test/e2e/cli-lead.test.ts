/**
 * A team whose lead is the real Claude Code: it is offered the six tools by MCP and no other, what it asks for besides
 * is refused, recorded and told, and the team does its work. The model behind it is scripted; members are commands.
 */
import { join } from 'node:path';
import type { Anthropic } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Report } from '../../domain/report/report.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import type { TeamView } from '../../domain/team/team.ts';
import { LEAD_TOOLS } from '../../domain/team/tools.ts';
import { apiOf, type ApiClient } from '../support/api-client.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { startModelServer, type ModelServer, type ScriptedReply } from '../support/model-server.ts';
import { git, makeRepository } from '../support/repository.ts';
import { isLead } from '../support/scripted-lead.ts';
import { approve, spawn, tasks } from '../support/team.ts';

const MEMBER = `
const task = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(task.task + ' is done');
if (!task.readOnly) require('fs').writeFileSync('written.txt', task.description);
`;
const TURNS = 60;

/** All that the request says; each answer of the lead is a conversation of its own. */
const saidIn = ({ messages }: Anthropic.MessageCreateParamsStreaming): string => JSON.stringify(messages);
const hasResults = ({ messages }: Anthropic.MessageCreateParamsStreaming): boolean =>
  messages.some(
    ({ content }) => Array.isArray(content) && content.some(({ type }) => type === 'tool_result'),
  );

const mcp = (tool: string): string =>
  LEAD_TOOLS.some((name) => name === tool) ? `mcp__drover__${tool}` : tool;

/** What the lead does in its nth turn. */
const turns: readonly (readonly (readonly [tool: string, input: object])[])[] = [
  [
    ['Bash', { command: 'echo planted > planted.txt' }],
    tasks(['add', 'write', { title: 'Write the file' }]),
    spawn('writer', 'implementer', 'Write the file.'),
    ['SPAWN_AGENT', { name: 'other' }],
  ],
];

const answerOf = (request: Anthropic.MessageCreateParamsStreaming): ScriptedReply => {
  if (hasResults(request)) return { blocks: [{ text: 'Scripted: that is all for now.' }] };
  const told = saidIn(request);
  if (told.includes('Write the closing report'))
    return { blocks: [{ text: 'Scripted: the file is written.' }] };
  const now = told.slice(Math.max(0, told.lastIndexOf('What you answer to now:')));
  const turn = TURNS - Number(/answers left to you: (\d+)/.exec(now)?.[1] ?? TURNS);
  const next = [
    ...(turns[turn] ?? []),
    ...(now.includes('writer hands in its plan') ? [approve('writer')] : []),
    ...(now.includes('writer has ended its piece') ? [tasks(['done', 'write'])] : []),
  ];
  if (next.length === 0) return { blocks: [{ text: 'Scripted: nothing to do now.' }] };
  return {
    blocks: next.map(([tool, input], index) => ({ tool: mcp(tool), id: `toolu_${turn}_${index}`, input })),
  };
};

let drover: Drover;
let model: ModelServer;
let api: ApiClient;
let repository: string;
let id: string;
beforeAll(async () => {
  model = await startModelServer((request) =>
    isLead(request) ? answerOf(request) : { blocks: [{ text: 'Scripted: nobody else asks a model here.' }] },
  );
  drover = await startDrover({ ANTHROPIC_API_KEY: 'scripted-key', ANTHROPIC_BASE_URL: model.url });
  api = await apiOf(drover);
  repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n', 'member.cjs': MEMBER });
  const started = await api.post<{ id?: string }>('/api/teams', {
    goal: 'Write a file',
    repository,
    config: {
      executor: 'command',
      command: 'node member.cjs',
      roles: { lead: { executor: 'claude' } },
    },
  });
  if (started.body.id === undefined) throw new Error(started.text);
  id = started.body.id;
}, 180_000);
afterAll(async () => {
  await drover?.close();
  await model?.close();
});

const shown = async () => (await api.get<{ team: TeamView; swarm: SwarmView }>(`/api/teams/${id}`)).body;

test('the team does its work, and the lead has the last word', async () => {
  await until(
    async () => ['completed', 'failed'].includes((await shown()).swarm?.phase ?? ''),
    240,
    'the team has ended',
  );
  const { swarm, team } = await shown();
  expect(swarm).toMatchObject({ phase: 'completed' });
  expect(team.end).toMatchObject({ kind: 'done' });
  expect(await git(repository, 'show', `drover/${id}:written.txt`)).toContain('Write the file.');
  const { body: report } = await api.get<Report>(`/api/swarms/${id}/report`);
  expect(report.narrative).toBe('Scripted: the file is written.');
});

test('it is offered the six tools and no other; the closing report is written without any', async () => {
  const asked = model.requests.filter(isLead);
  expect(asked.length).toBeGreaterThan(3);
  const offered = asked.map(({ tools = [] }) =>
    tools.map((tool) => ('name' in tool ? tool.name : '?')).sort(),
  );
  const six = LEAD_TOOLS.map((tool) => `mcp__drover__${tool}`).sort();
  expect(offered.slice(0, -1)).toEqual(offered.slice(0, -1).map(() => six));
  expect(offered.at(-1)).toEqual([]);
});

test('what it asked for besides was refused, recorded and told, and so was a call in a wrong form', async () => {
  const { team, swarm } = await shown();
  expect(team.refused).toEqual([
    expect.stringContaining('Bash: You have no tool "Bash"'),
    expect.stringContaining('SPAWN_AGENT: Nothing was done, the input is not valid'),
  ]);
  expect(swarm.warnings).toEqual(
    expect.arrayContaining([expect.stringContaining('The lead was refused: Bash')]),
  );
  const told = model.requests.filter(isLead).map(saidIn);
  expect(told.some((text) => text.includes('Refused: You have no tool'))).toBe(true);
  expect(await git(repository, 'ls-tree', '-r', '--name-only', `drover/${id}`)).not.toContain('planted');
});
