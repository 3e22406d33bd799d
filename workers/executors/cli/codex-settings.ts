/** What every run of Codex by Drover has in its settings, be it an agent's or a lead's. */

/** Holds the token for the models: no file does. */
export const MODEL_TOKEN = 'DROVER_MODEL_TOKEN';
/** Of one request, by the program itself; after that Drover waits for longer, without a process. */
const RETRIES = 4;

/** A text of TOML; JSON's escapes are among its own. */
export const toml = (text: string): string => JSON.stringify(text);

/** Keys of the file itself, which come before all tables. */
export const CODEX_KEYS = `model_provider = "drover"
check_for_update_on_startup = false`;

/** The way to the models, and no reports to anybody. */
export const codexTables = (openai: string): string => `[analytics]
enabled = false

[model_providers.drover]
name = "Drover"
base_url = ${toml(openai)}
wire_api = "responses"
env_key = "${MODEL_TOKEN}"
request_max_retries = ${RETRIES}
stream_max_retries = ${RETRIES}
`;
