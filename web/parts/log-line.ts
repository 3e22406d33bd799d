/** How one event of an agent reads as a line of a log. */
import type { AgentEvent } from '../../domain/agents/agent.ts';
import { duration } from './format.ts';

type LineLook = 'plain' | 'said' | 'tool' | 'dim' | 'warn';

export interface LogLine {
  readonly look: LineLook;
  readonly text: string;
}

/** What a line says and how it looks; nothing for what is only counted. */
export const lineOf = (event: AgentEvent): LogLine | undefined => {
  switch (event.kind) {
    case 'output':
      return { look: event.stream === 'stderr' ? 'warn' : 'plain', text: event.text };
    case 'message':
      return { look: 'said', text: event.text };
    case 'tool_call':
      return { look: 'tool', text: `→ ${event.tool} ${event.input}` };
    case 'tool_result':
      return { look: event.ok ? 'dim' : 'warn', text: `${event.ok ? '←' : '✗'} ${event.text}` };
    case 'phase':
      return { look: 'dim', text: `— ${event.phase} —` };
    case 'waiting':
      return { look: 'dim', text: `waits ${duration(event.seconds)}: ${event.reason}` };
    case 'progress':
      return {
        look: 'said',
        text: `${event.percent === undefined ? '' : `${event.percent} % `}${event.note}`,
      };
    case 'notice':
      return { look: 'dim', text: event.text };
    case 'error':
      return { look: 'warn', text: event.text };
    case 'permission_denied':
      return { look: 'warn', text: `${event.tool} was denied: ${event.text}` };
    default:
      return undefined;
  }
};

export const LEVELS = ['all', 'no output', 'said', 'warnings and errors'] as const;
export type Level = (typeof LEVELS)[number];

export const isOfLevel = ({ look }: LogLine, level: Level): boolean => {
  switch (level) {
    case 'all':
      return true;
    case 'no output':
      return look !== 'plain';
    case 'said':
      return look === 'said';
    case 'warnings and errors':
      return look === 'warn';
  }
};
