/** The scripted critic's answer to the scripted plan: it sees the conflict coming, and lets it come. */

const fine = (reason: string): object => ({ ok: true, reason });

export const SCRIPTED_CRITIQUE = {
  checklist: {
    fileOverlap: {
      ok: false,
      reason: 'Two tasks add a line at the end of src/index.js, and two change src/text.js.',
    },
    missingDependency: fine('The documentation waits for both text functions; the others stand alone.'),
    tooLarge: fine('Each task is one function with its tests.'),
    noAcceptance: fine('Every task is accepted by the tests.'),
    goalMissed: fine('Every function of the goal has its task.'),
  },
  objections: [
    {
      taskId: 'join-list',
      blocking: false,
      text: 'It adds its export where duration adds one too; the two branches may conflict in src/index.js.',
    },
  ],
};
