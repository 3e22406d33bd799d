/** The tables of the store. Times are ISO 8601, JSON is text, so that both databases hold the same. */

/** What happened in a swarm: a projection of its workflow's history, never written by hand. */
interface EventsTable {
  swarm_id: string;
  /** Made from the position in the history, so that projecting twice gives the same rows. Rising, with gaps. */
  sequence: number;
  at: string;
  type: string;
  /** JSON object. */
  data: string;
}

/** How far a swarm's history has been projected. */
interface ProjectionsTable {
  swarm_id: string;
  /** Run of the workflow that is read now. */
  run_id: string;
  /** 0 for the first run. */
  run_index: number;
  /** Last event of that run's history that was projected. */
  event_id: number;
  /** 1 when the swarm has ended and all of it is in the store. */
  finished: number;
}

/** Ended swarms, kept when Temporal has forgotten them. */
interface ArchiveTable {
  swarm_id: string;
  phase: string;
  repository: string;
  goal: string;
  started_at: string;
  ended_at: string;
  cost_usd: number;
  /** JSON of everything that the queries answered at the end. */
  content: string;
}

/** Answers to requests that carried an idempotency key. */
interface AnswersTable {
  key: string;
  /** SHA-256 of method, path and body: the same key for something else is a mistake. */
  request: string;
  /** 0 while the first request is still at work. */
  status: number;
  body: string;
  at: string;
}

export interface Tables {
  events: EventsTable;
  projections: ProjectionsTable;
  archive: ArchiveTable;
  answers: AnswersTable;
}
