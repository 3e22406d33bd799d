/**
 * The log of a pod's container as the API server streams it. By Node's own HTTP: the client's reader of logs has no
 * way to tell that a connection broke.
 */
import { request as overHttp, type IncomingMessage } from 'node:http';
import { request as overHttps, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { AGENT_CONTAINER } from './job.ts';

/** Opens the stream of whole lines with their times, from a time on. @returns undefined while there is no log */
export type OpenLog = (
  namespace: string,
  pod: string,
  since: string | undefined,
  signal: AbortSignal,
) => Promise<IncomingMessage | undefined>;

export const logOpener =
  (config: KubeConfig): OpenLog =>
  async (namespace, pod, since, signal) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
    const url = new URL((config.getCurrentCluster()?.server ?? '') + path);
    url.searchParams.set('container', AGENT_CONTAINER);
    url.searchParams.set('follow', 'true');
    url.searchParams.set('timestamps', 'true');
    if (since !== undefined) url.searchParams.set('sinceTime', since);
    const options: RequestOptions = { signal };
    await config.applyToHTTPSOptions(options);
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'http:' ? overHttp : overHttps;
      const request = send(url, options, (response) => {
        if (response.statusCode === 200) return resolve(response);
        response.resume();
        resolve(undefined);
      });
      request.once('error', reject);
      request.end();
    });
  };
