/** Who wants to be told what, and in which format. Pure. */

export const WEBHOOK_EVENTS = ['decision', 'ended', 'budget'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export const WEBHOOK_FORMATS = ['standard', 'slack'] as const;
type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** Variables that webhooks may name; nothing else of the environment is open to a file in a repository. */
export const WEBHOOK_VARIABLE = /^DROVER_WEBHOOK_[A-Z0-9_]{1,80}$/;

/** Where somebody wants to be told. Never holds a secret: it is stored with the swarm. */
export interface Webhook {
  readonly name: string;
  readonly url?: string;
  /** Variable that holds the address, when the address itself is a secret. */
  readonly urlEnv?: string;
  /** Variable that holds the secret for the signature. */
  readonly secretEnv?: string;
  readonly events: readonly WebhookEvent[];
  readonly format: WebhookFormat;
}

/** After so many days nobody wants to be told any more. */
export const WEBHOOK_DAYS = 3;
