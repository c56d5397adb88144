// The list of runs: found by a word, sorted by a column, chosen for comparison.

import { COLUMNS } from './address.js';
import { MOST } from './compare.js';
import { ago, count, interval, number, reason } from './format.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Each column: its head, what it is sorted by, and what its cell shows. */
const CELLS = {
  state: { head: 'state', key: (run) => run.state, show: (run) => state(run.state) },
  step: { head: 'step', key: (run) => run.step, number: true, show: (run) => `${count(run.step)}${run.updates ? ` / ${count(run.updates)}` : ''}` },
  ep: { head: 'EP, counts', key: (run) => valueOf(run), number: true, show: (run, scale) => bar(run.entropyProduction, scale) },
  course: { head: 'EP so far', key: null, show: (run) => sparkline(run.sparkline) },
  likelihood: { head: 'log-likelihood', key: (run) => run.logLikelihood, number: true, show: (run) => number(run.logLikelihood, 5) },
  rate: { head: 'updates/s', key: (run) => run.updatesPerSecond, number: true, show: (run) => number(run.updatesPerSecond) },
  heard: { head: 'last heard of', key: (run) => run.activeMillis, number: true, show: (run) => `${ago(Date.now() - run.activeMillis)} ago` },
  model: { head: 'model', key: (run) => run.model, show: (run) => run.model },
  data: { head: 'data', key: (run) => run.data, show: (run) => run.data },
  tags: { head: 'tags', key: (run) => run.tags.join(' '), show: (run) => run.tags.join(', ') },
  notes: { head: 'notes', key: (run) => run.notes, show: (run) => run.notes },
};

/** The runs that have every word somewhere, in the order of a column. */
export function arrange(runs, find, sort) {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const falling = sort.startsWith('-');
  const name = sort.replace(/^-/, '');
  const key = name === 'run' ? (run) => run.run : CELLS[name]?.key ?? (() => 0);
  const found = runs.filter((run) => {
    const text = [run.run, run.state, run.model, run.data, ...run.tags, run.notes].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return found.sort((a, b) => {
    const [left, right] = [key(a) ?? null, key(b) ?? null];
    if (left === null || right === null) {
      return (left === null) - (right === null); // what is not known comes last, either way
    }
    const order = typeof left === 'string' ? left.localeCompare(right, 'en', { numeric: true }) : left - right;
    return (falling ? -order : order) || a.run.localeCompare(b.run, 'en', { numeric: true });
  });
}

export class Runs {
  #part;
  #go;
  #link;
  #drawn = '';
  #ticked = []; // in the order in which they were, also those that are not found now

  /** @param part the view; @param go called with changes to the address; @param link address of them */
  constructor(part, go, link) {
    this.#part = part;
    this.#go = go;
    this.#link = link;
    const find = part.querySelector('input[type=search]');
    find.addEventListener('input', () => go({ find: find.value }, true));
    const choice = part.querySelector('.columns');
    for (const name of COLUMNS) {
      const label = document.createElement('label');
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.value = name;
      box.addEventListener('change', () => go({
        columns: [...choice.querySelectorAll(':checked')].map((each) => each.value),
      }, true));
      label.append(box, CELLS[name].head);
      choice.append(label);
    }
    part.querySelector('.compare').addEventListener('click', () => go({ view: 'compare', run: null }));
  }

  draw(runs, address) {
    this.#ticked = address.with;
    const find = this.#part.querySelector('input[type=search]');
    if (find.value !== address.find) {
      find.value = address.find;
    }
    this.#part.querySelectorAll('.columns input').forEach((box) => {
      box.checked = address.columns.includes(box.value);
    });
    const found = arrange(runs, address.find, address.sort);
    this.#part.querySelector('.found').textContent = found.length === runs.length
      ? `${count(runs.length)} ${runs.length === 1 ? 'run' : 'runs'}` : `${count(found.length)} of ${count(runs.length)} runs`;
    const many = address.with.filter((id) => runs.some((run) => run.run === id)).length;
    const compare = this.#part.querySelector('.compare');
    compare.disabled = many < 2;
    compare.textContent = many < 2 ? 'Compare: tick two or more'
      : many > MOST ? `Compare the first ${MOST} of ${many} runs` : `Compare ${many} runs`;
    const scale = Math.max(...found.map((run) => shownUpper(run)), 0) || 1;
    const table = this.#part.querySelector('table');
    const asked = JSON.stringify([address.columns, address.sort]);
    if (asked !== this.#drawn) {
      this.#drawn = asked;
      this.#head(table, address);
    }
    const rows = new Map([...table.tBodies[0].rows].map((row) => [row.dataset.run, row]));
    found.forEach((run, i) => {
      const row = this.#row(rows.get(run.run), run, address, scale);
      if (table.tBodies[0].rows[i] !== row) {
        table.tBodies[0].insertBefore(row, table.tBodies[0].rows[i] ?? null);
      }
    });
    while (table.tBodies[0].rows.length > found.length) {
      table.tBodies[0].lastChild.remove();
    }
  }

  #head(table, address) {
    const row = document.createElement('tr');
    row.append(document.createElement('td'), this.#headCell('run', 'run', address, true));
    for (const name of address.columns) {
      row.append(this.#headCell(name, CELLS[name].head, address, CELLS[name].key !== null));
    }
    const focused = table.tHead.contains(document.activeElement) ? document.activeElement.dataset.sort : null;
    table.tHead.replaceChildren(row);
    table.tHead.querySelector(`[data-sort="${focused}"]`)?.focus();
  }

  #headCell(name, text, address, sortable) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.className = CELLS[name]?.number ? 'number' : '';
    if (!sortable) {
      cell.textContent = text;
      return cell;
    }
    const now = address.sort.replace(/^-/, '') === name;
    const falling = address.sort.startsWith('-');
    const button = cell.appendChild(document.createElement('button'));
    button.type = 'button';
    button.dataset.sort = name;
    button.textContent = `${text}${now ? (falling ? ' ↓' : ' ↑') : ''}`;
    if (now) {
      cell.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
    }
    // Numbers are asked for from the largest down, words from a to z.
    const first = CELLS[name]?.number ? `-${name}` : name;
    const other = CELLS[name]?.number ? name : `-${name}`;
    button.addEventListener('click', () => this.#go({ sort: address.sort === first ? other : first }, true));
    return cell;
  }

  #row(known, run, address, scale) {
    const row = known ?? document.createElement('tr');
    if (!known) {
      row.dataset.run = run.run;
      const box = row.insertCell().appendChild(document.createElement('input'));
      box.type = 'checkbox';
      box.setAttribute('aria-label', `compare ${run.run}`);
      box.addEventListener('change', () => this.#go({
        with: box.checked ? [...this.#ticked, run.run] : this.#ticked.filter((id) => id !== run.run),
      }, true));
      const head = row.appendChild(document.createElement('th'));
      head.scope = 'row';
      const link = head.appendChild(document.createElement('a'));
      link.textContent = run.run;
      link.href = this.#link({ view: 'run', run: run.run });
    }
    row.cells[0].firstChild.checked = address.with.includes(run.run);
    const text = JSON.stringify([address.columns, run, scale, ago(Date.now() - run.activeMillis)]);
    if (row.dataset.text !== text) {
      row.dataset.text = text;
      while (row.cells.length > 2) {
        row.lastChild.remove();
      }
      for (const name of address.columns) {
        const cell = row.insertCell();
        cell.className = CELLS[name].number ? 'number' : '';
        cell.append(CELLS[name].show(run, scale));
      }
    }
    return row;
  }
}

/** The value of the estimate, or null where the formula's number says nothing. */
function valueOf({ entropyProduction }) {
  return entropyProduction && !reason(entropyProduction.status) ? entropyProduction.value : null;
}

function shownUpper(run) {
  return valueOf(run) === null ? 0 : run.entropyProduction.upper ?? run.entropyProduction.value;
}

function state(text) {
  const span = document.createElement('span');
  span.className = 'state';
  span.dataset.state = text;
  span.textContent = text;
  return span;
}

/** The number, and its interval as a bar on the scale that all rows share. */
function bar(estimate, scale) {
  const span = document.createElement('span');
  span.className = 'interval';
  if (!estimate) {
    span.textContent = '–';
    return span;
  }
  const why = reason(estimate.status);
  const text = span.appendChild(document.createElement('span'));
  text.textContent = why ?? `${estimate.status === 'lower-bound' ? '≥ ' : ''}${number(estimate.value)}`;
  if (!why) {
    const { value, lower, upper } = estimate;
    span.title = `interval ${interval(lower, upper) || 'not known'}`;
    const svg = picture(span, 64, 12);
    const x = (v) => 2 + (60 * v) / scale;
    if (lower !== null && upper !== null) {
      line(svg, { x1: x(lower), x2: x(upper), y1: 6, y2: 6, class: 'range' });
    }
    const dot = document.createElementNS(SVG, 'circle');
    Object.entries({ cx: x(value), cy: 6, r: 2.5 }).forEach(([name, at]) => dot.setAttribute(name, at));
    svg.append(dot);
  }
  return span;
}

/** A line without an axis, from 0 up; where there is no number it is broken. */
function sparkline(values) {
  const span = document.createElement('span');
  span.className = 'sparkline';
  const known = values.filter((value) => value !== null);
  if (known.length === 0) {
    span.textContent = '–';
    return span;
  }
  const top = Math.max(...known) || 1;
  const svg = picture(span, 96, 20);
  let path = '';
  values.forEach((value, i) => {
    if (value !== null) {
      const x = 1 + (94 * i) / Math.max(1, values.length - 1);
      path += `${(values[i - 1] ?? null) === null ? 'M' : 'L'}${x.toFixed(1)} ${(18 - (16 * value) / top).toFixed(1)}`;
    }
  });
  const drawn = document.createElementNS(SVG, 'path');
  drawn.setAttribute('d', known.length === 1 ? `${path}h1` : path);
  svg.append(drawn);
  return span;
}

function picture(parent, width, height) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  svg.setAttribute('aria-hidden', 'true');
  parent.append(svg);
  return svg;
}

function line(svg, attributes) {
  const drawn = document.createElementNS(SVG, 'line');
  Object.entries(attributes).forEach(([name, value]) => drawn.setAttribute(name, value));
  svg.append(drawn);
}
