/** Signals and queries of a task. Handlers only note what came; the attempts act on it. */
import { defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import {
  INTERNAL_SIGNALS,
  QUERIES,
  SIGNALS,
  type AgentTaskInput,
  type KillAgent,
  type MessageAgent,
} from '../../domain/protocol.ts';
import type { AttemptView } from '../../domain/swarm/swarm.ts';

export interface AgentTask {
  readonly input: AgentTaskInput;
  readonly swarmWorkflow: string;
  /** Ended attempts, oldest first. */
  readonly attempts: AttemptView[];
  /** The agent that is being watched. */
  running?: string;
  kill?: KillAgent;
  mailbox: MessageAgent[];
  /** The swarm's present run does not see this workflow's end and is to be told. */
  reportEnd: boolean;
}

const MAX_MESSAGES = 100;
const killAgent = defineSignal<[KillAgent]>(SIGNALS.killAgent);
const messageAgent = defineSignal<[MessageAgent]>(SIGNALS.messageAgent);
const reportEnd = defineSignal(INTERNAL_SIGNALS.reportEnd);
const attempts = defineQuery<readonly AttemptView[]>(QUERIES.attempts);

export const handleAgentTask = (task: AgentTask): void => {
  setHandler(
    killAgent,
    (kill) => {
      task.kill = kill;
    },
    { description: 'Ends the named agent; another one tries again if attempts are left' },
  );
  setHandler(
    messageAgent,
    (message?: MessageAgent) => {
      if (typeof message?.agentId !== 'string') return;
      // What is still there for earlier agents will never be delivered.
      task.mailbox = [...task.mailbox.filter((one) => one.agentId === message.agentId), message].slice(
        -MAX_MESSAGES,
      );
    },
    { description: 'Gives the named agent a message to read between two turns' },
  );
  setHandler(
    reportEnd,
    () => {
      task.reportEnd = true;
    },
    { description: 'Internal: the swarm goes on in a new run and wants to be told how this task ends' },
  );
  setHandler(attempts, () => task.attempts, { description: 'The attempts that have ended, oldest first' });
};
