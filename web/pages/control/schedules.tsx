/** Schedules: what starts by itself, when, and its brakes. They are made where swarms are started. */
import { Link } from 'react-router';
import { deleteSchedule, pauseSchedule, resumeSchedule, triggerSchedule } from '../../data/actions.ts';
import { useSchedules } from '../../data/queries.ts';
import type { Schedule } from '../../data/wire.ts';
import { ActionButton } from '../../parts/action.tsx';
import { Card } from '../../parts/card.tsx';
import { firstLine, inZone } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';

const Times = ({ schedule }: { readonly schedule: Schedule }) => {
  const last = schedule.recent.at(-1);
  const [next] = schedule.next;
  return (
    <p className="small muted wrap">
      {schedule.when}
      {schedule.paused ? ' · paused' : next !== undefined && ` · next ${inZone(next, schedule.timezone)}`}
      {last !== undefined && (
        <>
          {' · last '}
          <Link to={`/swarms/${last.swarmId}`}>{last.swarmId}</Link>
        </>
      )}
      {schedule.note !== '' && ` · ${schedule.note}`}
    </p>
  );
};

const Row = ({ schedule }: { readonly schedule: Schedule }) => {
  const { name, paused } = schedule;
  return (
    <li className="stack">
      <strong className="wrap">{name}</strong>
      <p className="wrap">{firstLine(schedule.goal)}</p>
      <Times schedule={schedule} />
      <div className="row">
        {paused ? (
          <ActionButton
            icon="play"
            label={`Resume ${name}`}
            act={(key) => resumeSchedule(name, key)}
            done={`${name} goes on`}
          >
            Resume
          </ActionButton>
        ) : (
          <ActionButton
            icon="pause"
            label={`Pause ${name}`}
            act={(key) => pauseSchedule(name, key)}
            done={`${name} is paused`}
          >
            Pause
          </ActionButton>
        )}
        <Link
          className="button"
          aria-label={`Change ${name}`}
          to={`/start?schedule=${encodeURIComponent(name)}`}
        >
          <Icon name="edit" />
          Change
        </Link>
        <ActionButton
          icon="play"
          label={`Start now: ${name}`}
          act={(key) => triggerSchedule(name, key)}
          done={`${name} starts now`}
        >
          Start now
        </ActionButton>
        <ActionButton
          icon="trash"
          look="danger"
          label={`Delete ${name}`}
          act={() => deleteSchedule(name)}
          done={`${name} is deleted`}
          confirm={{
            title: `Delete ${name}?`,
            text: <p>It starts no more swarms. Those that there are stay.</p>,
            yes: 'Delete the schedule',
          }}
        >
          Delete
        </ActionButton>
      </div>
    </li>
  );
};

export const Schedules = () => (
  <Card title="Schedules">
    <Loaded query={useSchedules()}>
      {(schedules) =>
        schedules.length === 0 ? (
          <Empty title="Nothing starts by itself" icon="history">
            <Link to="/start">Start a swarm</Link> at set times makes a schedule.
          </Empty>
        ) : (
          <ul className="stack">
            {schedules.map((schedule) => (
              <Row key={schedule.name} schedule={schedule} />
            ))}
          </ul>
        )
      }
    </Loaded>
  </Card>
);
