/** One agent: what it works on, how far it is, what it costs, its log as it grows, and a word to it. */
import { useState, type FormEvent } from 'react';
import type { Usage } from '../../../../domain/models/usage.ts';
import { killAgent, messageAgent } from '../../../data/actions.ts';
import type { AgentRecord } from '../../../data/wire.ts';
import { ActionButton, useAction } from '../../../parts/action.tsx';
import { Badge } from '../../../parts/badge.tsx';
import { compact, cost, tokens } from '../../../parts/format.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Elapsed } from '../../../parts/time.tsx';
import { outcomeLook } from '../../../parts/tones.ts';
import { AgentLog } from './agent-log.tsx';
import { AgentProgress } from './agent-progress.tsx';
import { RunnerLog } from './runner-log.tsx';

/** They work through what they were given and look up from it at the end only. */
const READ_NOTHING: ReadonlySet<string> = new Set(['command', 'codex', 'gemini']);

const Message = ({
  swarmId,
  agentId,
  executor = '',
}: {
  readonly swarmId: string;
  readonly agentId: string;
  readonly executor?: string | undefined;
}) => {
  const reads = !READ_NOTHING.has(executor);
  const [text, setText] = useState('');
  const send = useAction((words: string, key) => messageAgent(swarmId, agentId, words, key), {
    done: reads
      ? `The message goes to ${agentId} before its next turn`
      : `Sent, but ${executor} reads no messages while it works`,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') send.mutate(text.trim(), { onSuccess: () => setText('') });
  };
  return (
    <form className="row tight message" onSubmit={submit}>
      <input
        className="input"
        aria-label={`Message to ${agentId}`}
        placeholder={reads ? 'A word to the agent' : `${executor} reads nothing while it works`}
        value={text}
        maxLength={4_000}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button" disabled={send.isPending || text.trim() === ''}>
        <Icon name="message" />
        Send
      </button>
    </form>
  );
};

export const AgentCard = ({
  swarmId,
  agent,
  title,
  ended,
  usage,
  large = false,
  open,
}: {
  readonly swarmId: string;
  readonly agent: AgentRecord;
  readonly title: string;
  readonly ended: boolean;
  /** What it has used so far, as the gateway counts it. */
  readonly usage?: Usage | undefined;
  readonly large?: boolean;
  readonly open?: () => void;
}) => {
  const { agentId, outcome } = agent;
  const used = agent.usage ?? usage;
  const look = outcomeLook(outcome);
  const atWork = outcome === undefined && !ended;
  return (
    <section className={`card agent-card ${look.tone}${large ? ' large' : ''}`} aria-label={agentId}>
      <div className="row tight apart">
        <h2>
          {open === undefined ? (
            agentId
          ) : (
            <button type="button" className="link" onClick={open}>
              {agentId}
            </button>
          )}
        </h2>
        <Badge look={look} />
      </div>
      <p className="wrap">
        {agent.fixes !== undefined && <strong>Repairs a {agent.fixes}: </strong>}
        {title}
      </p>
      <p className="row tight small muted">
        {agent.executor !== undefined && <span>{agent.executor}</span>}
        {agent.model !== undefined && agent.model !== '' && <span>· {agent.model}</span>}
        {agent.startedAt !== undefined && (
          <span>
            · <Elapsed from={agent.startedAt} to={agent.endedAt} />
          </span>
        )}
        {used !== undefined && used.calls > 0 && (
          <span>
            · {cost(used)} · {compact(tokens(used))} tokens
          </span>
        )}
      </p>
      {agent.summary !== undefined && agent.summary !== '' && (
        <p className="small wrap pre clamp">{agent.summary}</p>
      )}
      {atWork && <AgentProgress swarmId={swarmId} agentId={agentId} />}
      <AgentLog swarmId={swarmId} agentId={agentId} follow={atWork} lines={large ? 2_000 : 60} />
      {large && <RunnerLog swarmId={swarmId} agentId={agentId} />}
      {atWork && (
        <>
          <Message swarmId={swarmId} agentId={agentId} executor={agent.executor} />
          <div className="row tight">
            <ActionButton
              icon="stop"
              look="danger slim"
              label={`Kill ${agentId}`}
              act={(key) => killAgent(swarmId, agentId, '', key)}
              done={`${agentId} is being ended`}
              confirm={{
                title: `Kill ${agentId}?`,
                text: (
                  <p>What it has not committed is lost. The task is tried again while it has tries left.</p>
                ),
                yes: 'Kill the agent',
              }}
            >
              Kill
            </ActionButton>
          </div>
        </>
      )}
    </section>
  );
};
