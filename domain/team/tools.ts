/**
 * The six tools of a lead: what it is told of them, and the check of what it sends. A lead has these and no other;
 * whatever else it asks for is refused with a reason.
 */
import { z } from 'zod';
import { TEAM_TEXT, isMemberName } from './team.ts';
import { clip, plainLine, plainText } from '../text.ts';

const name = z.string().describe('The name of the agent, as you gave it');
const message = z.string().describe(`At most ${TEAM_TEXT.message} characters`);

const taskChange = z.strictObject({
  operation: z.enum(['add', 'assign', 'release', 'done', 'drop']),
  id: z.string().describe('The id of the task; for add, a new one of small letters, digits and dashes'),
  title: z.string().describe('For add: one line that says what is to be reached; otherwise empty'),
  agent: z.string().describe('For assign, the name of an agent; otherwise empty'),
});

const SCHEMAS = {
  SPAWN_AGENT: z.strictObject({
    name: z.string().describe('A new name of small letters, digits and dashes, at most 30 characters'),
    role: z.string().describe('One of the roles, or auto for the one that the instructions speak of'),
    instructions: z.string().describe('Its first piece of work, with all that it needs to know'),
  }),
  MESSAGE_AGENT: z.strictObject({ name, text: message }),
  SHUTDOWN_AGENT: z.strictObject({ name, reason: message }),
  MANAGE_TASKS: z.strictObject({
    changes: z.array(taskChange).describe('In their order; empty to see the list'),
  }),
  APPROVE_PLAN: z.strictObject({
    name,
    note: z.string().describe('What it should mind when it carries the plan out; may be empty'),
  }),
  REJECT_PLAN: z.strictObject({ name, feedback: z.string().describe('What has to be different') }),
} as const;

export const LEAD_TOOLS = Object.keys(SCHEMAS) as readonly LeadTool[];
export type LeadTool = keyof typeof SCHEMAS;
export type TaskChange = z.infer<typeof taskChange>;

/** A call that has the right form; whether it makes sense now is another question. */
export type LeadAction = {
  [T in LeadTool]: { readonly tool: T } & z.infer<(typeof SCHEMAS)[T]>;
}[LeadTool];

export type LeadCall = { readonly id: string } & (
  | { readonly kind: 'action'; readonly action: LeadAction }
  | { readonly kind: 'refused'; readonly tool: string; readonly reason: string }
);

const DESCRIPTIONS: Readonly<Record<LeadTool, string>> = {
  SPAWN_AGENT: 'Take an agent into the team and give it its first piece of work.',
  MESSAGE_AGENT:
    'Give an agent its next instructions. It reads its messages in order, before its next piece.',
  SHUTDOWN_AGENT: 'End an agent. What it has finished stays; what it is doing is lost.',
  MANAGE_TASKS: 'Change the shared list of tasks; the answer is the list as it is then.',
  APPROVE_PLAN: 'Let an agent carry out the plan that it has handed in.',
  REJECT_PLAN: 'Send the plan of an agent back to be revised.',
};

/** As a model provider takes them. */
export const leadToolDefinitions = (): readonly {
  readonly name: LeadTool;
  readonly description: string;
  readonly input_schema: { readonly type: 'object'; readonly [key: string]: unknown };
}[] =>
  LEAD_TOOLS.map((tool) => {
    const { $schema: _, ...schema } = z.toJSONSchema(SCHEMAS[tool]);
    return { name: tool, description: DESCRIPTIONS[tool], input_schema: { ...schema, type: 'object' } };
  });

const isLeadTool = (tool: string): tool is LeadTool => Object.hasOwn(SCHEMAS, tool);

/** Long texts are refused and not cut: half an instruction is another instruction. */
const lengthProblem = (input: object): string | undefined => {
  for (const [field, value] of Object.entries(input))
    if (typeof value === 'string' && value.length > TEAM_TEXT.message)
      return `"${field}" has ${value.length} characters, the limit is ${TEAM_TEXT.message}`;
  return undefined;
};

const EMPTY_ALLOWED = new Set(['note', 'reason']);

const emptyProblem = (input: object): string | undefined =>
  Object.entries(input).flatMap(([field, value]) =>
    typeof value === 'string' && value.trim() === '' && !EMPTY_ALLOWED.has(field)
      ? [`"${field}" is empty`]
      : [],
  )[0];

const changesProblem = (changes: readonly TaskChange[]): string | undefined => {
  if (changes.length > TEAM_TEXT.tasks) return `"changes" has more than ${TEAM_TEXT.tasks} entries`;
  return changes.flatMap(({ title }) =>
    title.length > TEAM_TEXT.title ? [`a title is longer than ${TEAM_TEXT.title} characters`] : [],
  )[0];
};

/** Nothing in it that a terminal or an editor would act on. */
const cleaned = <T>(value: T): T => {
  if (typeof value === 'string') return plainText(value) as T;
  if (Array.isArray(value)) return value.map((entry: unknown) => cleaned(entry)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, cleaned(entry)])) as T;
};

/** One call of a lead, of whatever form it may be. */
export const readCall = (id: string, tool: string, input: unknown): LeadCall => {
  const shown = clip(plainLine(tool), 60);
  const refused = (reason: string): LeadCall => ({ id, kind: 'refused', tool: shown, reason });
  if (!isLeadTool(tool))
    return refused(
      `You have no tool "${shown}". You lead in delegate mode: give the work to an agent. Your tools are ${LEAD_TOOLS.join(', ')}.`,
    );
  const parsed = SCHEMAS[tool].safeParse(input);
  if (!parsed.success)
    return refused(`Nothing was done, the input is not valid: ${clip(z.prettifyError(parsed.error), 500)}`);
  const problem =
    lengthProblem(parsed.data) ??
    emptyProblem(parsed.data) ??
    ('changes' in parsed.data ? changesProblem(parsed.data.changes) : undefined);
  if (problem !== undefined) return refused(`Nothing was done: ${problem}.`);
  const action = { tool, ...cleaned(parsed.data) } as LeadAction;
  if (action.tool === 'SPAWN_AGENT' && !isMemberName(action.name))
    return refused(
      `"${clip(plainLine(action.name), 60)}" cannot be a name: use up to 30 small letters, digits and dashes, a letter first, and not lead, person or auto.`,
    );
  return { id, kind: 'action', action };
};
