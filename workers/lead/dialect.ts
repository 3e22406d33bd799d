/** What differs between the agent CLIs that can lead a team: how one answer is asked for, and how it is read. */
import type { AgentAccess } from '../../domain/agents/access.ts';
import type { Usage } from '../../domain/models/usage.ts';
import type { ModelPrice } from '../../domain/models/price.ts';
import type { LeadToolServer } from './tool-server.ts';

/** The name under which a program finds the six tools. */
export const LEAD_SERVER = 'drover';
/** Holds the token of the tool server: no file and no argument does. */
export const LEAD_TOKEN = 'DROVER_LEAD_TOKEN';
/** Answers of the model within one answer of the lead: calls, their results, and the words at the end. */
export const STEPS = 20;

/** A tool of the server by its own name; one of the program's keeps its name. */
export const withoutPrefix = (name: string, prefix: string): string =>
  name.startsWith(prefix) ? name.slice(prefix.length) : name;

export interface LeadRun {
  /** Of the program alone, and empty at first. */
  readonly home: string;
  readonly system: string;
  readonly prompt: string;
  /** Full id; empty when the program is to choose. */
  readonly model: string;
  readonly price?: ModelPrice;
  readonly access: AgentAccess;
  /** Absent when it can only speak. */
  readonly tools: LeadToolServer | undefined;
  /** What the program prints when it is asked something else first. */
  output(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string>;
}

interface LeadLaunch {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

export interface LeadCallMade {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

type LeadOutcome =
  | { readonly text: string; readonly calls: readonly LeadCallMade[]; readonly usage: Usage }
  /** Why there is no answer; empty when the program did not say. */
  | { readonly failed: string };

export interface LeadReader {
  /** A line of its standard output. */
  read(line: string): void;
  end(): LeadOutcome | Promise<LeadOutcome>;
}

export interface LeadDialect {
  /** As people call the program. */
  readonly title: string;
  launch(run: LeadRun): Promise<LeadLaunch>;
  reader(run: LeadRun): LeadReader;
}
