// A closer look: what the overview has joined, asked of the stream again for the steps that are
// shown, and with it the smoothed line, which is computed there from every single value.

import { Table } from './live.js';

const POINTS = 1024;
const REST = 1000;

export class Closer {
  tables = null;
  full = null; // whether they come from every single value; null while nothing is asked
  #run = null;
  #query = null;
  #asked = null;
  #answered;
  #timer = 0;
  #last = 0;

  /** @param answered called when the tables have changed */
  constructor(answered) {
    this.#answered = answered;
  }

  /** What to look at: a range of steps or null for all, a half-life or 0; nothing of both ends it. */
  look(run, range, halfLife) {
    const query = run && (range || halfLife)
      ? `points=${POINTS}${range ? `&from=${Math.floor(range[0])}&to=${Math.ceil(range[1])}` : ''}${halfLife ? `&halfLife=${halfLife}` : ''}`
      : null;
    if (run === this.#run && query === this.#query) {
      return;
    }
    if (run !== this.#run || query === null) {
      this.tables = null;
      this.full = null;
    }
    this.#run = run;
    this.#query = query;
    this.#ask();
  }

  /** The run has gone on: looks again, after a rest. */
  refresh() {
    if (this.#query && !this.#timer) {
      const wait = Math.max(0, this.#last + REST - Date.now());
      this.#timer = setTimeout(() => this.#ask(), wait);
    }
  }

  async #ask() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#asked?.abort();
    if (!this.#query) {
      return;
    }
    const asked = new AbortController();
    this.#asked = asked;
    this.#last = Date.now();
    try {
      const answer = await fetch(`api/v1/run/${encodeURIComponent(this.#run)}/series?${this.#query}`, { signal: asked.signal });
      if (answer.ok) {
        const series = await answer.json();
        const tables = { updates: new Table(), windows: new Table() };
        tables.updates.merge({ ...series.updates, complete: true });
        tables.windows.merge({ ...series.windows, complete: true });
        this.tables = tables;
        this.full = series.full;
        this.#answered();
      }
    } catch {
      // Asked anew meanwhile, or the stream is away: what is shown stays until it is back.
    }
  }
}
