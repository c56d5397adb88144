// One run as the charts draw it: its tables, a closer look at them, and its x axis.

import { Axis, clockOf } from './axis.js';
import { Closer } from './closer.js';

const LEAST_SPAN = 100; // ms: the clock ticks in whole milliseconds, so a rate is then right to 1 %
const MOST_SPAN = 1000;
const SPANS = 50; // of a short run as many independent rates as this

/**
 * Steps a second at each row: since the last row that lies far enough back, never across the start
 * of an attempt, whose pause says nothing of speed. Null where no row does.
 *
 * @param steps ascending; @param millis when each was made, null where that is not known;
 * @param starts steps at which attempts began
 */
export function rates(steps, millis, starts) {
  const rate = new Array(steps.length).fill(null);
  const rows = [...steps.keys()].filter((row) => Number.isFinite(millis[row]));
  const span = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, (millis[rows.at(-1)] - millis[rows[0]]) / SPANS));
  let from = 0;
  rows.forEach((row, i) => {
    if (i > 0 && starts.some((start) => start > steps[rows[i - 1]] && start <= steps[row])) {
      from = i;
    }
    while (from + 1 < i && millis[row] - millis[rows[from + 1]] >= span) {
      from += 1;
    }
    const elapsed = millis[row] - millis[rows[from]];
    if (elapsed >= LEAST_SPAN) {
      rate[row] = (1000 * (steps[row] - steps[rows[from]])) / elapsed;
    }
  });
  return rate;
}

export class Source {
  axis = new Axis('step', [], []);
  marks = { alerts: [], attempts: [], at: null };
  released = false; // its curves were let go by the stream
  #tables;
  #closer;

  /**
   * @param run its id; @param tables {updates, windows}; @param look {label, color, dash} of its
   * lines among those of other runs
   */
  constructor(run, tables, look = {}) {
    this.run = run;
    this.look = look;
    this.#tables = tables;
  }

  /** A table as it is looked at now; `overview`: the updates as they are of all steps. */
  table(name) {
    return name === 'overview' ? this.#tables.updates : (this.#closer?.tables ?? this.#tables)[name];
  }

  /** First and last step, null while there is none. */
  get extent() {
    const { updates, windows } = this.#tables;
    const first = updates.first ?? windows.first;
    return first === null ? null : [first, Math.max(updates.step.at(-1) ?? 0, windows.step.at(-1) ?? 0)];
  }

  /** Whether single values were asked for of a run of which only the overview is kept. */
  get isCoarse() {
    return this.#closer?.full === false;
  }

  /** Looks at some steps, null for all, and at lines smoothed by a half-life, 0 for none. */
  closer(range, halfLife, answered) {
    this.#closer ??= new Closer(answered);
    this.#closer.look(this.run, range, halfLife);
  }

  /** The run has gone on: a closer look is taken anew. */
  refresh() {
    this.#closer?.refresh();
  }

  /** Asks for nothing more. */
  leave() {
    this.#closer?.look(null, null, 0);
  }

  /** Works out what follows from the tables: the axis, and the rate of updates. */
  derive(kind) {
    const { steps, millis } = clockOf(this.#tables);
    this.axis = new Axis(kind, steps, millis);
    const { updates } = this.#tables;
    const starts = this.marks.attempts.filter(({ attempt }) => attempt > 1).map(({ startStep }) => startStep);
    updates.columns.set('updatesPerSecond.mean', rates(updates.step, updates.column('timeMillis.max') ?? [], starts));
  }
}
