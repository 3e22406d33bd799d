/** Drover itself: health, and what it was started with. */
import { z } from 'zod';
import { EXECUTORS } from '../../../domain/settings.ts';
import { readServices } from '../../../workers/supervisor/services.ts';
import { health } from '../../health.ts';
import { route } from '../route.ts';

export const serviceRoutes = [
  route({
    method: 'get',
    path: '/api/health',
    tag: 'service',
    summary: 'How each part of Drover is',
    answer: z.looseObject({
      ok: z.boolean(),
      parts: z.array(z.looseObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
    }),
    handle: async (api) => {
      const parts = await health(api.client, api.store);
      return { ok: parts.every(({ ok }) => ok), parts };
    },
  }),
  route({
    method: 'get',
    path: '/api/settings',
    tag: 'service',
    summary: 'What Drover was started with; no secrets',
    answer: z.looseObject({
      home: z.string(),
      url: z.string(),
      temporal: z.looseObject({
        address: z.string(),
        namespace: z.string(),
        uiUrl: z.string().nullable(),
      }),
      store: z.enum(['sqlite', 'postgres']),
      hasModelKey: z.boolean(),
      executors: z.array(z.string()),
      retentionDays: z.number(),
    }),
    handle: async (api) => {
      const { target, home } = api.client;
      const services = await readServices(home);
      return {
        home: home.root,
        url: api.url,
        temporal: {
          address: target.address,
          namespace: target.namespace,
          uiUrl: services?.temporal.uiUrl ?? null,
        },
        store: api.store.kind,
        hasModelKey: await api.hasModelKey(),
        executors: [...EXECUTORS],
        retentionDays: api.retentionDays,
      };
    },
  }),
];
