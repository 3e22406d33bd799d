/** Jest's hook after all tests. */
export { stopTestServer as default } from './temporal-server.ts';
