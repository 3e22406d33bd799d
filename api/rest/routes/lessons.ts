/** What earlier swarms taught about their repositories. */
import { z } from 'zod';
import 'zod-openapi';
import { DroverFailure } from '../../../domain/failures.ts';
import { LESSON_KINDS } from '../../../domain/lessons/lessons.ts';
import { findLessons, forgetLessons, listLessons } from '../../../store/lessons.ts';
import { text } from '../fields.ts';
import { route } from '../route.ts';

const Lesson = z
  .looseObject({
    id: z.string(),
    repository: z.string(),
    kind: z.enum(LESSON_KINDS),
    subject: z.string().meta({ description: 'A command, a path, the fingerprint of a failure, a category.' }),
    text: z.string(),
    paths: z.array(z.string()),
    solved: z.boolean().optional().meta({ description: 'The text names what helped against a failure.' }),
    seconds: z.number().optional().meta({ description: 'Of a `duration`: the median.' }),
    costUsd: z.number().optional().meta({ description: 'Of a `duration`: the median.' }),
    weight: z.number().meta({
      description: '1 at first; rises when who was told succeeds, falls when not. Below 0.3 it is not told.',
    }),
    times: z.number().meta({ description: 'How often it was seen, over all swarms.' }),
    from: z.array(z.string()).meta({ description: 'The swarms that it comes from, the newest last.' }),
    learntAt: z.string(),
    seenAt: z.string(),
  })
  .meta({ id: 'Lesson' });

const LessonParams = z.object({
  lessonId: z.string().regex(/^[0-9a-f]{12}$/, 'is not the id of a lesson'),
});

export const lessonRoutes = [
  route({
    method: 'get',
    path: '/api/lessons',
    tag: 'results',
    summary: 'What earlier swarms taught, of one repository or of all',
    query: z.strictObject({ repository: text(4_096).optional() }),
    answer: z.looseObject({ lessons: z.array(Lesson) }),
    handle: async (api, { query }) => ({ lessons: await listLessons(api.store, query.repository) }),
  }),
  route({
    method: 'post',
    path: '/api/lessons/{lessonId}/forget',
    tag: 'results',
    summary: 'Forgets a lesson; it is learnt again if it shows again',
    params: LessonParams,
    handle: async (api, { params: { lessonId } }) => {
      const [found] = await findLessons(api.store, lessonId);
      if (found === undefined)
        throw new DroverFailure('notFound', `There is no lesson ${lessonId}`, {
          hint: 'GET /api/lessons lists them',
        });
      await forgetLessons(api.store, [found.id]);
    },
  }),
];
