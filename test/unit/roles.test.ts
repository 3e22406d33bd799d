import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readPlanFile } from '../../config/plan-file.ts';
import { builtInRoles, readRole } from '../../config/role-files.ts';
import { resolveSettings } from '../../config/settings.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { planSettingsProblems } from '../../domain/plan/fits-settings.ts';
import { chooseRole, inRole, LEAD_ROLE, roleOfTask } from '../../domain/agents/roles.ts';
import { taskPrompt } from '../../workers/executors/api/prompt.ts';
import { toolsFor } from '../../workers/executors/api/tool-calls.ts';
import { task as planTask } from '../support/plan-task.ts';

const roles = builtInRoles();
const members = Object.values(roles).filter(({ name }) => name !== LEAD_ROLE);

describe('the roles that come with Drover', () => {
  test('are those of a team, the nine specialists and the reviewers', () => {
    const of = (writes: boolean) =>
      members
        .filter((role) => role.writes === writes)
        .map(({ name }) => name)
        .sort();
    expect(of(false)).toEqual([
      'architect',
      'devils-advocate',
      'k8s-expert',
      'planner',
      'reviewer',
      'security-reviewer',
      'style-reviewer',
    ]);
    expect(of(true)).toEqual([
      'aws-cloud-architect',
      'backend-systems-engineer',
      'data-architect-governance',
      'data-pipeline-engineer',
      'data-science-analyst',
      'frontend-ui-engineer',
      'implementer',
      'llm-architect',
      'ml-systems-architect',
      'specifications-engineer',
    ]);
  });

  test.each(members.map((role) => [role.name, role] as const))(
    '%s says who it is, how it works, what it hands over, and when it is asked for',
    (_, { prompt, keywords, version, description }) => {
      expect(prompt).toMatch(/^You are /);
      expect(prompt.match(/^- /gm)?.length ?? 0).toBeGreaterThanOrEqual(4);
      expect(prompt).toMatch(/^What you hand over: /m);
      expect(prompt.length).toBeLessThan(4_000);
      expect(keywords.length).toBeGreaterThanOrEqual(4);
      expect(new Set(keywords).size).toBe(keywords.length);
      expect(version).toBeGreaterThanOrEqual(1);
      expect(description).not.toContain('\n');
    },
  );

  test.each([
    ['planner', [/waits for/, /files/, /command that shows it is done/]],
    ['architect', [/interface/, /fail/, /risks/]],
    [
      'devils-advocate',
      [/same time and change the same file/, /dependency nobody named/, /too large/, /verdict/],
    ],
    ['k8s-expert', [/no root/, /RBAC/, /limits/, /rolled back/]],
    ['security-reviewer', [/OWASP Top 10/, /injection/, /secrets/]],
    ['reviewer', [/file and line/, /verdict/]],
    ['lead', [/delegate mode/, /cannot read files, write code, run commands/]],
  ])('%s is told what its part is about', (name, words) => {
    for (const word of words) expect(roles[name]?.prompt).toMatch(word);
  });

  test('the lead is told of its six tools and of no other', () => {
    expect(roles['lead']?.prompt.match(/\b[A-Z]+_[A-Z]+\b/g)).toEqual([
      'SPAWN_AGENT',
      'MESSAGE_AGENT',
      'SHUTDOWN_AGENT',
      'MANAGE_TASKS',
      'APPROVE_PLAN',
      'REJECT_PLAN',
    ]);
  });

  test('a file without its head or without a prompt is no role', () => {
    expect(() => readRole('x', 'You are x')).toThrow('no role');
    expect(() =>
      readRole('x', '---\ntitle: X\nversion: 1\ndescription: x\nwrites: true\nkeywords: []\n---\n\n'),
    ).toThrow('no prompt');
  });
});

describe('choosing a role by keywords', () => {
  test.each([
    ['Add a REST endpoint to the API', 'backend-systems-engineer'],
    ['New React components for the page', 'frontend-ui-engineer'],
    ['Nightly ETL pipelines', 'data-pipeline-engineer'],
    ['Deploy to AWS with Terraform', 'aws-cloud-architect'],
    ['Training of the ML model', 'ml-systems-architect'],
    ['An analysis of churn, with a report', 'data-science-analyst'],
    ['Schema governance and retention', 'data-architect-governance'],
    ['Write the requirements as a spec', 'specifications-engineer'],
    ['RAG with an LLM', 'llm-architect'],
    ['Kubernetes manifests', 'k8s-expert'],
    ['Tidy up', undefined],
    // Parts of words are no keywords.
    ['Paint the guitar rapidly', undefined],
  ])('%s: %s', (text, name) => {
    expect(chooseRole(roles, text)?.name).toBe(name);
  });

  test('never chooses the lead, or one without a keyword in the text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(...members.flatMap(({ keywords }) => keywords), 'stone', 'lead', '((', '$&'),
        ),
        (words) => {
          const chosen = chooseRole(roles, words.join(' '));
          expect(chosen?.name).not.toBe(LEAD_ROLE);
          expect(chosen === undefined).toBe(
            !words.some((word) => members.some((role) => role.keywords.includes(word))),
          );
        },
      ),
    );
  });

  test('a task that is to change files gets a role that may, and one that only reads any', () => {
    const task = planTask('t', { title: 'Security review', role: 'auto' });
    expect(roleOfTask(roles, task)).toBeUndefined();
    expect(roleOfTask(roles, { ...task, readOnly: true })?.name).toBe('security-reviewer');
  });
});

describe('roles of a project', () => {
  const resolve = (text: string) => resolveSettings({ file: { text, path: 'drover.yml' } });

  test('are declared in drover.yml, and change those that are there', () => {
    const { settings, problems } = resolve(`
executors: { mine: { path: my-agent } }
roles:
  gardener:
    description: Cuts what grew too far
    prompt: You cut.
    keywords: [prune]
    writes: false
    executor: mine
    model: haiku
    tools: [read_file, search]
    limits: { wall: 5m, turns: 9, cost: 0.5 }
  architect: { model: opus }
`);
    expect(problems.map(({ severity, message }) => [severity, message])).toEqual([
      ['warning', expect.stringContaining('"roles.gardener.tools" does not hold for the executor "mine"')],
    ]);
    expect(settings?.roles?.['gardener']).toEqual({
      name: 'gardener',
      title: 'gardener',
      description: 'Cuts what grew too far',
      version: 1,
      prompt: 'You cut.',
      keywords: ['prune'],
      writes: false,
      executor: 'mine',
      model: 'haiku',
      tools: ['read_file', 'search'],
      limits: { wallSeconds: 300, turns: 9, costUsd: 0.5 },
    });
    expect(settings?.roles?.['architect']).toEqual({ ...roles['architect'], model: 'opus' });
    expect(chooseRole(settings?.roles ?? {}, 'prune the hedge')?.name).toBe('gardener');
  });

  test('what is wrong with them is said with its name', () => {
    const messages = (text: string) => resolve(text).problems.map(({ message }) => message);
    expect(messages('roles: { empty: { model: haiku } }')).toEqual([
      expect.stringContaining('"roles.empty" has no prompt'),
    ]);
    expect(messages('roles: { x: { prompt: a, executor: cluade } }')).toEqual([
      expect.stringContaining('did you mean "claude"?'),
    ]);
    expect(messages('roles: { lead: { executor: command } }')).toEqual([
      expect.stringContaining('cannot lead; api, claude, codex, gemini can'),
    ]);
    expect(messages('roles: { x: { prompt: a, promt: b } }')).toEqual([
      expect.stringContaining('did you mean "prompt"?'),
    ]);
    expect(messages('roles: { auto: { prompt: a } }')).toEqual([expect.stringContaining('is taken')]);
    expect(messages('roles: { x: { prompt: a, tools: [fly] } }')).toEqual([
      expect.stringContaining('must be one of'),
    ]);
  });

  test('whose tools its executor cannot be held to is warned of, in the configuration and in the plan', () => {
    const given = (tools: string, executor: string) =>
      resolve(`{ executor: ${executor}, roles: { x: { prompt: a, tools: ${tools} } } }`);
    const warned = (tools: string, executor: string) => given(tools, executor).problems.length === 1;
    for (const executor of ['api', 'claude', 'gemini', 'agent-teams', 'hybrid'])
      expect(warned('[read_file, run_command]', executor)).toBe(false);
    expect(warned('[read_file, search]', 'codex')).toBe(false);
    for (const executor of ['codex', 'acp', 'command'])
      expect(warned('[read_file, run_command]', executor)).toBe(true);
    const { settings } = given('[run_command]', 'api');
    const plan = { goal: 'g', summary: '', tasks: [planTask('t', { role: 'x', executor: 'codex' })] };
    expect(settings && planSettingsProblems(plan, settings)).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('not held to the tools of its role "x"') },
    ]);
  });

  test('a task gets executor, model and time of its role unless it names its own', () => {
    const { settings } = resolve(
      'roles: { r: { prompt: a, executor: codex, model: haiku, limits: { wall: 60 }, writes: false } }',
    );
    const role = settings?.roles?.['r'];
    expect(inRole(planTask('t'), role)).toMatchObject({
      executor: 'codex',
      model: 'haiku',
      timeoutSeconds: 60,
      readOnly: true,
    });
    expect(inRole(planTask('t', { executor: 'api', model: 'opus', timeoutSeconds: 5 }), role)).toMatchObject({
      executor: 'api',
      model: 'opus',
      timeoutSeconds: 5,
    });
  });

  test('plan files name roles by any of three words, and a slip is found', () => {
    const { plan } = readPlanFile(
      JSON.stringify([
        { title: 'A', role: 'implementer' },
        { title: 'B', specialist: 'auto' },
        { title: 'C', agent_type: 'architct', read_only: true },
      ]),
      { path: 'plan.json', goal: 'g' },
    );
    expect(plan?.tasks.map(({ role, readOnly }) => [role, readOnly])).toEqual([
      ['implementer', undefined],
      ['auto', undefined],
      ['architct', true],
    ]);
    const { settings } = resolve('');
    const problems = plan === undefined || settings === undefined ? [] : planSettingsProblems(plan, settings);
    expect(problems.map(({ severity, taskId, message }) => [severity, taskId, message])).toEqual([
      ['error', 'c', expect.stringContaining('did you mean "architect"?')],
    ]);
  });
});

describe('an agent with a role', () => {
  const spec = (more: Partial<AgentSpec>): AgentSpec =>
    ({
      title: 'T',
      taskId: 't',
      goal: 'g',
      description: 'd',
      files: [],
      dependencies: [],
      previous: [],
      allowEmpty: true,
      ...more,
    }) as unknown as AgentSpec;
  const role = { name: 'r', title: 'R', version: 3, prompt: 'You are R.' };

  test('is told its role first, and one that only reads that nothing is kept', () => {
    const prompt = taskPrompt(spec({ role, readOnly: true }));
    expect(prompt.startsWith('# Your role: R (r, version 3)\n\nYou are R.')).toBe(true);
    expect(prompt).toContain('Change no file');
    expect(taskPrompt(spec({}))).not.toMatch(/Your role|Change no file/);
  });

  test('has the tools of its role, none that writes when it only reads, and always a way to finish', () => {
    const names = (given: Partial<AgentSpec>) => toolsFor(spec(given)).map(({ name }) => name);
    expect(names({})).toEqual([
      'list_files',
      'search',
      'read_file',
      'write_file',
      'edit_file',
      'run_command',
      'finish',
    ]);
    expect(names({ readOnly: true })).toEqual(['list_files', 'search', 'read_file', 'run_command', 'finish']);
    expect(names({ role: { ...role, tools: ['read_file', 'write_file'] }, readOnly: true })).toEqual([
      'read_file',
      'finish',
    ]);
  });
});
