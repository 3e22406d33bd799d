/** Jest's hook before all tests of the projects that need a Temporal server. */
export { startTestServer as default } from './temporal-server.ts';
