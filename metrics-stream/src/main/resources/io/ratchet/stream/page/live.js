// The connection to the stream: server-sent events, and the tables that they keep up to date.

/** Rows keyed by bin, in ascending order; every column has one entry per row. */
export class Table {
  constructor() {
    this.clear();
  }

  clear() {
    this.stride = 1;
    this.first = null;
    this.bin = [];
    this.step = [];
    this.columns = new Map();
  }

  get length() {
    return this.bin.length;
  }

  /** A column such as 'logLikelihood.mean', or undefined while nothing has been said of it. */
  column(name) {
    return this.columns.get(name);
  }

  /** Takes one message: everything anew, or the rows that changed. */
  merge(message) {
    if (message.complete) {
      this.clear();
    }
    this.stride = message.stride;
    this.first = message.first;
    const rows = message.bin.map((bin) => this.#row(bin));
    message.step.forEach((step, i) => {
      this.step[rows[i]] = step;
    });
    for (const [quantity, parts] of Object.entries(message)) {
      if (parts === null || typeof parts !== 'object' || Array.isArray(parts)) {
        continue;
      }
      for (const [part, values] of Object.entries(parts)) {
        const column = this.#columnOf(`${quantity}.${part}`);
        values.forEach((value, i) => {
          column[rows[i]] = value;
        });
      }
    }
  }

  #columnOf(name) {
    let column = this.columns.get(name);
    if (!column) {
      column = new Array(this.length).fill(null);
      this.columns.set(name, column);
    }
    return column;
  }

  // Bins come in ascending order within a message, so an index given out stays good.
  #row(bin) {
    let at = this.length;
    while (at > 0 && this.bin[at - 1] >= bin) {
      at -= 1;
    }
    if (this.bin[at] !== bin) {
      this.bin.splice(at, 0, bin);
      this.step.splice(at, 0, 0);
      for (const column of this.columns.values()) {
        column.splice(at, 0, null);
      }
    }
    return at;
  }
}

/** Follows one run, or only the list of runs; tells what comes to the given listeners. */
export class Live {
  #source = null;
  #listeners;
  #retry = 0;

  constructor(listeners) {
    this.#listeners = listeners;
  }

  follow(run) {
    this.#source?.close();
    clearTimeout(this.#retry);
    const query = run ? `?run=${encodeURIComponent(run)}` : '';
    const source = new EventSource(`api/v1/events${query}`);
    this.#source = source;
    source.onopen = () => this.#listeners.connection('live');
    source.onerror = () => {
      this.#listeners.connection('reconnecting');
      // An answer such as 503 ends the browser's own attempts.
      if (source.readyState === EventSource.CLOSED) {
        this.#retry = setTimeout(() => this.follow(run), 3000);
      }
    };
    for (const name of ['runs', 'run', 'series', 'chain', 'samples']) {
      source.addEventListener(name, (event) => this.#listeners[name](JSON.parse(event.data)));
    }
  }
}
