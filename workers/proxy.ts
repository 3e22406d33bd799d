/** Makes a process use the proxies of its environment; called once, by its entry, before anything is asked. */
import http from 'node:http';
import { proxyVariables } from '../config/proxy.ts';

/** @param env the process's own, which gRPC and child processes read too */
export const useProxies = (env: NodeJS.ProcessEnv): void => {
  const variables = proxyVariables(env);
  if (variables === undefined) return;
  Object.assign(env, variables);
  // Node before 24.14 has it by the variable alone.
  http.setGlobalProxyFromEnv?.(env);
};
