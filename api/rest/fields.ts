/** The small forms that requests are made of. Hostile values end here, with 400. */
import { z } from 'zod';
import 'zod-openapi';

/** A whole number in a path or query, where everything is text. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, { type: 'integer', minimum: least, maximum: most });
      },
    });

export const flag = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.enum;
      jsonSchema.type = 'boolean';
    },
  });

/** Text of a person: any characters but NUL, which no database and no command line takes. */
export const text = (most: number, least = 1) =>
  z
    .string()
    .min(least)
    .max(most)
    // oxlint-disable-next-line no-control-regex -- that is what it is about
    .regex(/^[^\u0000]*$/u, 'must not hold NUL');

export const SwarmId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'is not the id of a swarm')
  .meta({ example: 'add-search-k3f9' });
export const TaskId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not the id of a task');
export const AgentId = z
  .string()
  .regex(/^agent-[0-9]{1,6}(\.[0-9]{1,4})?$/, 'is not the id of an agent')
  .meta({ example: 'agent-0' });
export const DecisionId = z
  .string()
  .regex(/^d[1-9][0-9]{0,8}$/, 'is not the id of a decision')
  .meta({ example: 'd1' });

export const SwarmParams = z.object({ swarmId: SwarmId });
export const TaskParams = z.object({ swarmId: SwarmId, taskId: TaskId });
export const AgentParams = z.object({ swarmId: SwarmId, agentId: AgentId });

/** Nothing is expected; what is there is a slip. */
export const Nothing = z.strictObject({});
