/** What earlier swarms taught, and how to be rid of what is wrong. */
import { forgetLesson } from '../../data/actions.ts';
import { useLessons } from '../../data/queries.ts';
import { ActionButton } from '../../parts/action.tsx';
import { Card } from '../../parts/card.tsx';
import { baseName } from '../../parts/format.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import './control.css';

const SHOWN = 30;

export const Lessons = () => (
  <Card title="Lessons">
    <Loaded query={useLessons()}>
      {(lessons) =>
        lessons.length === 0 ? (
          <Empty title="Nothing has been learnt yet" icon="history">
            Lessons come from swarms that have ended.
          </Empty>
        ) : (
          <ul className="stack">
            {lessons.slice(0, SHOWN).map((lesson) => (
              <li key={lesson.id} className="lesson">
                <div className="stack tight">
                  <p className="small wrap">{lesson.text}</p>
                  <p className="small muted wrap">
                    {lesson.kind} · {baseName(lesson.repository)} · seen {lesson.times}{' '}
                    {lesson.times === 1 ? 'time' : 'times'} · weight {lesson.weight.toFixed(2)} · from{' '}
                    {lesson.from.at(-1)}
                  </p>
                </div>
                <div>
                  <ActionButton
                    look="slim quiet"
                    label={`Forget lesson ${lesson.id}`}
                    act={(key) => forgetLesson(lesson.id, key)}
                    done="Forgotten"
                  >
                    Forget
                  </ActionButton>
                </div>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  </Card>
);
