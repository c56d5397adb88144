// Runs side by side: first in which settings they differ, then their curves on one chart each.

import { makeOf } from './about.js';
import { BLOCKS, DASHES, swatch } from './chart.js';
import { CHARTS, Charts } from './charts.js';
import { Table } from './live.js';
import { Source } from './source.js';

export const MOST = BLOCKS.length; // as many colours as can be told apart
const REST = 2000;

/** A chart for each line of a run's charts, for the lines are now the runs. */
const COMPARED = CHARTS.filter(({ lines }) => Array.isArray(lines)).flatMap((spec) => spec.lines.map((line) => ({
  ...spec,
  id: `c-${line.quantity}`,
  title: spec.lines.length > 1 ? `${spec.title}, ${line.label}` : spec.title,
  lines: [line],
})));

/** The settings in which runs differ: [name, [value of each, or null]], and how many are the same. */
export function differences(runs) {
  const made = runs.map((run) => new Map(makeOf(run)));
  const names = new Set(made.flatMap((each) => [...each.keys()]));
  const differ = [];
  let same = 0;
  for (const name of names) {
    const values = made.map((each) => each.get(name) ?? null);
    if (values.every((value) => String(value) === String(values[0]))) {
      same += 1;
    } else {
      differ.push([name, values]);
    }
  }
  return { differ, same };
}

export class Compare {
  #part;
  #charts;
  #runs = new Map(); // id to {source, tables, about, version}, once known
  #ids = [];
  #timer = 0;
  #round = 0;
  #told = '';

  constructor(part) {
    this.#part = part;
    this.#charts = new Charts(part.querySelector('.charts'), COMPARED, 'compare');
  }

  /** Shows the runs of an address, until the next is given; null shows none and asks for nothing. */
  show(address) {
    clearTimeout(this.#timer);
    this.#round += 1;
    this.#ids = address?.with.slice(0, MOST) ?? [];
    const left = (address?.with.length ?? 0) - this.#ids.length;
    this.#part.querySelector('.left').textContent = left > 0 ? `${left} more ${left === 1 ? 'run is' : 'runs are'} left out: ${MOST} lines are as many as can be told apart.` : '';
    for (const id of [...this.#runs.keys()]) {
      if (!this.#ids.includes(id)) {
        this.#runs.delete(id);
      }
    }
    if (address) {
      this.#charts.arrange(address.x, address.smooth);
      this.#ask(this.#round);
    }
    this.#tell();
  }

  async #ask(round) {
    if (!document.hidden) {
      await Promise.all(this.#ids.map((id) => this.#askOf(id)));
    }
    if (round === this.#round) {
      this.#tell();
      this.#timer = setTimeout(() => this.#ask(round), REST);
    }
  }

  async #askOf(id) {
    const known = this.#runs.get(id) ?? { tables: { updates: new Table(), windows: new Table() }, version: 0 };
    const [about, series] = await Promise.all([
      `run/${encodeURIComponent(id)}`,
      `run/${encodeURIComponent(id)}/series?since=${known.version}`,
    ].map(async (path) => {
      const answer = await fetch(`api/v1/${path}`).catch(() => null); // the stream is away
      return answer?.ok ? answer.json() : null;
    }));
    if (!about || !series || !this.#ids.includes(id)) {
      return;
    }
    known.about = about;
    this.#runs.set(id, known);
    if (series.version < known.version) {
      known.version = 0; // the stream was started again and counts anew
      await this.#askOf(id);
      return;
    }
    const gone = series.version > known.version;
    known.version = series.version;
    known.tables.updates.merge(series.updates);
    known.tables.windows.merge(series.windows);
    known.source ??= new Source(id, known.tables);
    known.source.released = series.released;
    known.source.marks.attempts = about.attempts;
    if (gone) {
      this.#charts.advance(known.source);
    }
  }

  recolor() {
    this.#charts.recolor();
  }

  /** Puts the runs that are known into the charts, each in its colour, and tells of them. */
  #tell() {
    const shown = this.#ids.filter((id) => this.#runs.get(id)?.source);
    const sources = shown.map((id, i) => Object.assign(this.#runs.get(id).source, {
      look: { label: id, color: BLOCKS[i], dash: DASHES[i % DASHES.length] },
    }));
    this.#part.querySelector('.nothing').hidden = shown.length > 0;
    this.#part.querySelector('.something').hidden = shown.length === 0;
    if (String(shown) !== String(this.#charts.sources.map(({ run }) => run))
      || sources.some((source, i) => source !== this.#charts.sources[i])) {
      this.#charts.follow(sources);
    }
    // Only what has changed is written anew: a link that has the focus keeps it.
    const abouts = shown.map((id) => this.#runs.get(id).about);
    const told = JSON.stringify(abouts.map((about) => [about.run, about.state, makeOf(about)]));
    if (told !== this.#told) {
      this.#told = told;
      this.#keys(abouts);
      this.#differences(abouts);
    }
  }

  #keys(abouts) {
    const list = this.#part.querySelector('.keys');
    if (String([...list.children].map((item) => item.dataset.run)) !== String(abouts.map(({ run }) => run))) {
      list.replaceChildren(...abouts.map(({ run }) => key(run)));
    }
    abouts.forEach(({ state }, i) => {
      const [mark, , text] = list.children[i].children;
      mark.replaceWith(swatch(BLOCKS[i], DASHES[i % DASHES.length]));
      text.textContent = state;
    });
  }

  #differences(abouts) {
    const { differ, same } = differences(abouts);
    const table = this.#part.querySelector('table');
    const row = (cells, head) => {
      const line = document.createElement('tr');
      cells.forEach((text, i) => {
        const cell = line.appendChild(document.createElement(head || i === 0 ? 'th' : 'td'));
        cell.scope = head ? 'col' : 'row';
        cell.textContent = text ?? '–';
        if (!head && i > 0) {
          cell.removeAttribute('scope');
        }
      });
      return line;
    };
    table.hidden = differ.length === 0;
    table.tHead.replaceChildren(row(['setting', ...abouts.map(({ run }) => run)], true));
    table.tBodies[0].replaceChildren(...differ.map(([name, values]) => row([name, ...values], false)));
    this.#part.querySelector('.same').textContent = abouts.length < 2 ? ''
      : differ.length === 0 ? `All ${same} settings are the same.` : `${same} more settings are the same.`;
  }
}

/** A run's name as a link, between its line and its state. */
function key(run) {
  const item = document.createElement('li');
  item.dataset.run = run;
  const link = document.createElement('a');
  link.textContent = run;
  link.href = `?run=${encodeURIComponent(run)}`;
  item.append(document.createElement('i'), link, document.createElement('span'));
  return item;
}
