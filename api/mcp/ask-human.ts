/**
 * An agent's question to a person: a decision of the swarm's workflow, which outlives the agent and the gateway. The
 * one who asks waits for the answer; asked again, the same question is the same decision.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { QUERIES, UPDATES, type AskedHuman, type AskHuman } from '../../domain/protocol.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';

export type HumanAnswer =
  | { readonly kind: 'answered'; readonly answer: NonNullable<Decision['answer']> }
  | { readonly kind: 'open'; readonly decisionId: string }
  /** The swarm does not take the question. */
  | { readonly kind: 'refused'; readonly reason: string };

export type AskHumanPort = (
  swarmId: string,
  question: AskHuman,
  wait: { readonly seconds: number; readonly signal: AbortSignal },
) => Promise<HumanAnswer>;

const LOOK_MS = 1_000;

const taskOf = (agentId: string): string => agentId.replace(/\.\d+$/, '');

const isSame = (decision: Decision, { agentId, question }: AskHuman): boolean =>
  decision.kind === 'question' &&
  decision.question === question &&
  taskOf(decision.askedBy ?? '') === taskOf(agentId);

export const askHumanOf =
  (client: Client): AskHumanPort =>
  async (swarmId, question, { seconds, signal }) => {
    const handle = client.workflow.getHandle(swarmId);
    const deadline = performance.now() + seconds * 1_000;
    let decisionId: string | undefined;
    const look = async (): Promise<HumanAnswer | undefined> => {
      const decisions = await handle.query<readonly Decision[]>(QUERIES.decisions);
      const same = decisions.filter((one) => isSame(one, question));
      const found =
        decisionId === undefined
          ? same.findLast(({ answer }) => answer === undefined || answer.by === 'person')
          : same.find(({ id }) => id === decisionId);
      if (found === undefined && decisionId === undefined) {
        const asked = await handle.executeUpdate<AskedHuman, [AskHuman]>(UPDATES.askHuman, {
          args: [question],
        });
        decisionId = asked.decisionId;
        return undefined;
      }
      decisionId ??= found?.id;
      return found?.answer === undefined ? undefined : { kind: 'answered', answer: found.answer };
    };
    for (;;) {
      try {
        const answer = await look();
        if (answer !== undefined) return answer;
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError)
          return { kind: 'refused', reason: error.cause?.message ?? error.message };
        if (error instanceof WorkflowNotFoundError) return { kind: 'refused', reason: 'The swarm has ended' };
        // Temporal or the worker is away for a moment; the question waits longer than that.
        if (performance.now() > deadline) throw error;
      }
      if (decisionId !== undefined && performance.now() > deadline) return { kind: 'open', decisionId };
      await sleep(LOOK_MS, undefined, { signal });
    }
  };
