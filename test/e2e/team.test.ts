/**
 * The example of a team with the real CLI, API and services: reviewers report, the plan of the mender is approved by
 * the lead and by a person, its branch lands. The lead is scripted; its members are shell commands.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Anthropic } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Report } from '../../domain/report/report.ts';
import type { Decision, SwarmView, TaskView } from '../../domain/swarm/swarm.ts';
import type { TeamView } from '../../domain/team/view.ts';
import { swarmDirectory } from '../../store/home.ts';
import { apiOf, listen, type ApiClient, type Listening } from '../support/api-client.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { startModelServer, type ModelServer, type ScriptedReply } from '../support/model-server.ts';
import { git, makeRepository } from '../support/repository.ts';
import { isLead, scriptedLead } from '../support/scripted-lead.ts';
import { approve, shutDown, spawn, tasks } from '../support/team.ts';

const CONFIG = fileURLToPath(new URL('../../examples/team-review/drover.yml', import.meta.url));

/** What each member does with its task, which it gets as JSON. */
const MEMBER = `
const task = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(task.task + ' as ' + task.role.name + (task.readOnly ? ' looks' : ' works'));
if (!task.readOnly) require('fs').writeFileSync('mended.txt', task.description);
else require('fs').writeFileSync('planted.txt', 'by a reader');
`;

const lead = scriptedLead(({ answers, plans, ended, made, closing }) => {
  if (closing) return 'Scripted: the reviews agreed, and the mender mended.';
  if (answers === 0)
    return [
      ['write_file', { path: 'mended.txt', content: 'by the lead' }],
      tasks(['add', 'review', { title: 'Review' }], ['add', 'mend', { title: 'Mend' }]),
      spawn('security', 'security-reviewer', 'Review HEAD.'),
      spawn('style', 'style-reviewer', 'Review HEAD.'),
    ];
  const reviewed = made.includes('SHUTDOWN_AGENT security');
  const next = [
    ...ended.filter((name) => name !== 'mender').map(shutDown),
    ...plans.map((name) => approve(name, 'Keep it small.')),
    ...(ended.includes('mender') ? [tasks(['done', 'mend'], ['done', 'review'])] : []),
    ...(reviewed || ended.includes('security')
      ? made.includes('SPAWN_AGENT mender')
        ? []
        : [spawn('mender')]
      : []),
  ];
  return next.length === 0 ? 'Scripted: nothing to do now.' : next;
});

/** What each answer costs, in tokens at $10 a million. */
const LEAD_TOKENS = [20_000, 20_000, 30_000, 40_000];
const MEMBER_TOKENS = 12_000;
const SPEND = 'Spend the money';
const spendingLead = scriptedLead(
  ({ answers, plans, ended }) => {
    if (answers === 0) return [tasks(['add', 'piece', { title: 'A piece of work' }]), spawn('early')];
    const next = [...plans.map((name) => approve(name)), ...(ended.includes('early') ? [spawn('late')] : [])];
    return next.length === 0 ? 'Scripted: nothing to do now.' : next;
  },
  0,
  LEAD_TOKENS,
);

/** A member over the API that plans in one answer, and works in two, for a task of the shared list. */
const spendingMember = ({ messages }: Anthropic.MessageCreateParamsStreaming): ScriptedReply => {
  const told = JSON.stringify(messages);
  const name = /You are (early|late), a member of a team/.exec(told)?.[1] ?? 'nobody';
  const taskOf = (operation: string) => ({ tool: 'team_task', input: { operation, task: 'piece' } });
  const written = { tool: 'write_file', input: { path: `${name}.txt`, content: `by ${name}\n` } };
  const blocks =
    told.includes('Do this work now') && messages.length === 1
      ? [taskOf('claim'), written, taskOf('done')]
      : [{ tool: 'finish', input: { summary: `Scripted: ${name} is at its end.` } }];
  return {
    blocks: blocks.map((block, index) => ({ ...block, id: `toolu_${name}_${messages.length}_${index}` })),
    usage: { input: 0, output: MEMBER_TOKENS },
  };
};

let drover: Drover;
let model: ModelServer;
let api: ApiClient;
let repository: string;
let id: string;
let channel: Listening;
beforeAll(async () => {
  model = await startModelServer((request) => {
    const spends = JSON.stringify(request.messages).includes(SPEND);
    if (isLead(request)) return spends ? spendingLead(request) : lead(request);
    return spends ? spendingMember(request) : { blocks: [{ text: 'Scripted: the report is short.' }] };
  });
  drover = await startDrover({ ANTHROPIC_API_KEY: 'scripted-key', ANTHROPIC_BASE_URL: model.url });
  api = await apiOf(drover);
  channel = await listen(api, 'teams');
  repository = join(drover.root, 'shop');
  await makeRepository(repository, { 'README.md': 'shop\n', 'member.cjs': MEMBER });
}, 120_000);
afterAll(async () => {
  channel?.socket.terminate();
  await drover?.close();
  await model?.close();
});

const inTeam = async <T>(args: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await drover.cli(['team', ...args, '--json'], { cwd: repository });
  if (code !== 0) throw new Error(`drover team ${args[0]} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
};

interface Shown {
  readonly team: TeamView;
  readonly swarm: SwarmView;
  readonly tasks: readonly TaskView[];
  readonly decisions: readonly Decision[];
}
const shown = async (): Promise<Shown> => (await api.get<Shown>(`/api/teams/${id}`)).body;

test('a slip in the template is told; the right one starts a team', async () => {
  const start = (template: string) =>
    drover.cli(
      ['team', 'start', 'Review the last commit', '--config', CONFIG, '--template', template].concat(
        '--executor',
        'command',
        '--command',
        'node member.cjs',
        '--detach',
        '--json',
      ),
      { cwd: repository },
    );
  const slip = await start('chnge-review');
  expect(slip).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('did you mean \\"change-review\\"?'),
  });
  const started = await start('change-review');
  expect({ code: started.code, stderr: started.code === 0 ? '' : started.stderr }).toEqual({
    code: 0,
    stderr: '',
  });
  id = (JSON.parse(started.stdout) as { teamId: string }).teamId;
  const { body } = await api.get<{ templates: { name: string }[] }>('/api/teams/templates');
  expect(body.templates.map(({ name }) => name)).toEqual(['feature-dev', 'code-review', 'design-review']);
});

test('members plan and report; what the lead has approved waits for the person, who sends it back once', async () => {
  const waiting = () =>
    until(
      async () =>
        ((await shown()) as Partial<Shown>).decisions?.find(
          ({ kind, answer }) => kind === 'plan' && answer === undefined,
        ),
      120,
      'a plan waits for the person',
    );
  const first = await waiting();
  expect(first.question).toContain('Let mender (implementer) carry its plan out?');
  const status = await drover.cli(['team', 'status', id], { cwd: repository });
  expect(status.stdout).toContain(`drover decide ${id} ${first.id} approve`);
  expect((await shown()).tasks.map((task) => [task.id, task.landing])).toEqual(
    expect.arrayContaining([['mender-1', 'empty']]),
  );
  const sentBack = await api.post(`/api/teams/${id}/reject-plan`, { feedback: 'With a test.' });
  expect(sentBack.status).toBe(200);
  await until(async () => (await shown()).tasks.some((task) => task.id === 'mender-2'), 60, 'it plans again');
  await inTeam(['message', id, 'lead', 'Good so far.']);
  const second = await waiting();
  expect(second.id).not.toBe(first.id);
  expect((await api.post(`/api/teams/${id}/approve-plan`)).status).toBe(200);
});

test('the branch lands, the lead has the last word, and what it may not was refused and recorded', async () => {
  await until(async () => (await shown()).swarm.phase === 'completed', 120, 'the team has ended');
  const { team, tasks: pieces } = await shown();
  expect(team.refused).toEqual([expect.stringContaining('write_file: You have no tool "write_file"')]);
  expect(pieces.filter(({ landing }) => landing === 'landed').map((task) => task.id)).toEqual(['mender-3']);
  const branch = `drover/${id}`;
  const mended = await git(repository, 'show', `${branch}:mended.txt`);
  expect(mended).toContain('Your plan, which was approved:');
  expect(mended).toContain('mender-2 as implementer looks');
  expect(await git(repository, 'ls-tree', '--name-only', branch)).not.toContain('planted.txt');
  const report = await inTeam<Report>(['report', id]);
  expect(report.narrative).toBe('Scripted: the reviews agreed, and the mender mended.');
  const status = await inTeam<{ team: TeamView }>(['status', id]);
  expect(status.team.end).toMatchObject({ kind: 'done' });
  const listed = await api.get<{ teams: { id: string }[] }>('/api/teams');
  expect(listed.body.teams.map((one) => one.id)).toEqual([id]);
  expect(channel.messages.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['new_team_session', 'team_progress']),
  );
});

test('the six tools are all that the lead was ever offered, and its conversation is in no history', async () => {
  const asked = model.requests.filter(isLead);
  expect(asked.length).toBeGreaterThan(3);
  for (const { tools = [] } of asked)
    expect(tools.map((tool) => ('strict' in tool ? [tool.name, tool.strict] : []))).toEqual(
      ['SPAWN_AGENT', 'MESSAGE_AGENT', 'SHUTDOWN_AGENT', 'MANAGE_TASKS', 'APPROVE_PLAN', 'REJECT_PLAN'].map(
        (name) => [name, true],
      ),
    );
  const { temporal } = await drover.client();
  const history = JSON.stringify(await temporal.workflow.getHandle(id).fetchHistory());
  const spec = await readFile(`${swarmDirectory(drover.home, id).agentsDirectory}/agent-0/spec.json`, 'utf8');
  const { role } = JSON.parse(spec) as { role: { prompt: string } };
  expect(role.prompt).toContain('OWASP');
  for (const secret of ['OWASP', Buffer.from('You lead a team of agents').toString('base64').slice(0, -4)])
    expect(history).not.toContain(secret);
});

test('lead and members share one budget: warned, asked, raised, and ended with what is finished', async () => {
  const shop = join(drover.root, 'spent');
  await makeRepository(shop, { 'README.md': 'shop\n' });
  const { body } = await api.post<{ id: string }>('/api/teams', {
    goal: SPEND,
    repository: shop,
    config: { executor: 'api', budget: 1.2 },
  });
  const team = async (): Promise<Shown> => (await api.get<Shown>(`/api/teams/${body.id}`)).body;
  const asked = (limit: string): Promise<Decision> =>
    until(
      async () =>
        (await team()).decisions?.find(
          ({ kind, question, answer }) =>
            kind === 'budget' && question.includes(limit) && answer === undefined,
        ),
      120,
      `the ${limit} are used up`,
    );
  const answer = async (decision: Decision, ...how: readonly string[]): Promise<void> => {
    const { code, stderr } = await drover.cli(['decide', body.id, decision.id, ...how]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  };
  interface Costs {
    readonly byAgent: readonly { readonly name: string; readonly usage: { readonly costUsd: number } }[];
  }
  const spentBy = async (): Promise<Readonly<Record<string, number>>> => {
    const { body: costs } = await api.get<Costs>(`/api/swarms/${body.id}/costs`);
    return Object.fromEntries(
      costs.byAgent.map(({ name, usage }) => [name, Number(usage.costUsd.toFixed(2))]),
    );
  };

  // Three turns of the lead, a plan, its work: what the fourth agent's plan may cost has no room any more.
  const first = await asked('$1.20');
  expect((await team()).swarm.warnings).toEqual([
    expect.stringMatching(/^\$1\.06\d* of the budget of \$1\.20/),
  ]);
  expect(await spentBy()).toEqual({ lead: 0.7, 'agent-0': 0.12, 'agent-1': 0.24 });
  await answer(first, 'approve', '--feedback', '2');

  await answer(await asked('$2.00'), 'reject');
  const end = await until(
    async () => {
      const now = await team();
      return ['completed', 'failed'].includes(now.swarm.phase) && now;
    },
    120,
    'the team has ended',
  );
  expect(end).toMatchObject({ swarm: { phase: 'completed' }, team: { end: { kind: 'money' } } });
  expect(end.team.tasks).toEqual([{ id: 'piece', title: 'A piece of work', state: 'done', owner: 'early' }]);
  expect(await git(shop, 'ls-tree', '--name-only', `drover/${body.id}`)).toBe('README.md\nearly.txt');
  expect(await spentBy()).toEqual({
    lead: 1.1,
    'agent-0': 0.12,
    'agent-1': 0.24,
    'agent-2': 0.12,
    'agent-3': 0.12,
  });
}, 300_000);
