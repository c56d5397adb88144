// Runs side by side: first in which settings they differ, then their curves on one chart each.

import { makeOf } from './about.js';
import { Axis } from './axis.js';
import { BLOCKS, DASHES } from './charts.js';
import { number, reason, tick } from './format.js';
import { Table } from './live.js';
import uPlot from './vendor/uplot/uPlot.esm.js';

const MOST = 7; // as many colours as can be told apart
const REST = 2000;

const CHARTS = [
  { id: 'c-likelihood', title: 'Log-likelihood', unit: 'nats per example', table: 'updates', quantity: 'logLikelihood' },
  { id: 'c-counts', title: 'Entropy production, counts', unit: 'nats per transition', table: 'windows', quantity: 'entropyProduction', band: true },
  { id: 'c-soft', title: 'Entropy production, soft', unit: 'nats per transition', table: 'windows', quantity: 'softEntropyProduction', band: true },
  { id: 'c-self', title: 'Self-transition probability', unit: 'share of transitions', table: 'windows', quantity: 'selfTransitionProbability', band: true },
  { id: 'c-class', title: 'KL divergence of classes', unit: 'nats', table: 'windows', quantity: 'classDivergence', band: true },
  { id: 'c-latent', title: 'KL divergence of latent states', unit: 'nats', table: 'windows', quantity: 'latentDivergence', band: true },
];

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
  #runs = new Map(); // id to {about, tables, version}
  #ids = [];
  #address = null;
  #plots = new Map();
  #timer = 0;
  #round = 0;

  constructor(part) {
    this.#part = part;
    this.#part.querySelector('.charts').replaceChildren(...CHARTS.map(({ id, title, unit }) => {
      const card = document.createElement('section');
      card.className = 'card';
      card.id = id;
      card.setAttribute('aria-labelledby', `${id}-title`);
      card.innerHTML = `<div class="head"><h2 id="${id}-title"></h2><span class="unit"></span></div><div class="plot" role="img"><div class="none" hidden></div></div>`;
      card.querySelector('h2').textContent = title;
      card.querySelector('.unit').textContent = unit;
      return card;
    }));
    new ResizeObserver(() => this.#draw()).observe(this.#part.querySelector('.charts'));
  }

  /** Shows the runs of an address, until the next is given; null shows none and asks for nothing. */
  show(address) {
    clearTimeout(this.#timer);
    this.#round += 1;
    this.#address = address;
    if (address === null) {
      this.recolor();
      this.#runs.clear();
      return;
    }
    this.#ids = address.with.slice(0, MOST);
    for (const id of [...this.#runs.keys()]) {
      if (!this.#ids.includes(id)) {
        this.#runs.delete(id);
      }
    }
    this.recolor();
    this.#ask(this.#round);
  }

  async #ask(round) {
    if (!document.hidden) {
      await Promise.all(this.#ids.map((id) => this.#askOf(id).catch(() => null)));
    }
    if (round === this.#round) {
      this.#draw();
      this.#timer = setTimeout(() => this.#ask(round), REST);
    }
  }

  async #askOf(id) {
    const known = this.#runs.get(id) ?? { about: null, tables: { updates: new Table(), windows: new Table() }, version: 0, smooth: 0 };
    const { smooth } = this.#address;
    const fresh = smooth !== known.smooth || smooth > 0 ? 0 : known.version;
    const [about, series] = await Promise.all([
      `run/${encodeURIComponent(id)}`,
      `run/${encodeURIComponent(id)}/series?${smooth ? `halfLife=${smooth}` : `since=${fresh}`}`,
    ].map(async (path) => {
      const answer = await fetch(`api/v1/${path}`);
      return answer.ok ? answer.json() : null;
    }));
    if (about && series) {
      for (const name of ['updates', 'windows']) {
        known.tables[name].merge({ ...series[name], complete: series[name].complete || fresh === 0 });
      }
      this.#runs.set(id, Object.assign(known, { about, version: series.version, smooth }));
    }
  }

  recolor() {
    this.#plots.forEach((plot) => plot.destroy());
    this.#plots.clear();
    if (this.#address) {
      this.#draw();
    }
  }

  #draw() {
    if (this.#address === null || this.#part.hidden) {
      return;
    }
    const shown = this.#ids.filter((id) => this.#runs.has(id));
    this.#part.querySelector('.nothing').hidden = shown.length > 0;
    this.#part.querySelector('.something').hidden = shown.length === 0;
    this.#keys(shown);
    this.#differences(shown);
    CHARTS.forEach((spec) => this.#chart(spec, shown));
  }

  #keys(shown) {
    this.#part.querySelector('.keys').replaceChildren(...shown.map((id, i) => {
      const item = document.createElement('li');
      const swatch = document.createElement('i');
      swatch.style.color = `var(--${BLOCKS[i % BLOCKS.length]})`;
      const dash = DASHES[i % DASHES.length];
      swatch.className = !dash ? '' : dash[0] < 4 ? 'dot' : 'dash';
      const link = document.createElement('a');
      link.textContent = id;
      link.href = `?run=${encodeURIComponent(id)}`;
      const state = document.createElement('span');
      state.textContent = this.#runs.get(id).about.state;
      item.append(swatch, link, state);
      return item;
    }));
  }

  #differences(shown) {
    const { differ, same } = differences(shown.map((id) => this.#runs.get(id).about));
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
    table.tHead.replaceChildren(row(['setting', ...shown], true));
    table.tBodies[0].replaceChildren(...differ.map(([name, values]) => row([name, ...values], false)));
    this.#part.querySelector('.same').textContent = shown.length < 2 ? ''
      : differ.length === 0 ? `All ${same} settings are the same.` : `${same} more settings are the same.`;
  }

  #chart(spec, shown) {
    const part = this.#part.querySelector(`#${spec.id} .plot`);
    const sets = shown.map((id) => this.#data(spec, this.#runs.get(id).tables));
    const any = sets.some((set) => set[1].some((value) => value !== null));
    part.querySelector('.none').hidden = any;
    part.querySelector('.none').textContent = 'no data in these runs';
    part.setAttribute('aria-label', `${spec.title}, ${spec.unit}. Last: ${shown.map((id, i) => `${id} ${number(sets[i][1].findLast((value) => value !== null), 4)}`).join(', ')}`);
    let plot = this.#plots.get(spec.id);
    if (!any || (plot && plot.shown !== String(shown))) {
      plot?.destroy();
      this.#plots.delete(spec.id);
      plot = undefined;
    }
    if (!any || part.clientWidth === 0) {
      return;
    }
    const data = uPlot.join(sets);
    if (!plot) {
      plot = this.#build(spec, shown, part, data);
      plot.shown = String(shown);
      this.#plots.set(spec.id, plot);
    } else {
      plot.setData(data);
    }
    if (plot.width !== part.clientWidth) {
      plot.setSize({ width: part.clientWidth, height: part.clientHeight });
    }
  }

  #data(spec, tables) {
    const table = tables[spec.table];
    const axis = new Axis(this.#address.x, tables.updates.step, tables.updates.column('timeMillis.mean') ?? []);
    const column = (part) => table.column(`${spec.quantity}.${part}`) ?? [];
    const status = column('status');
    const values = (part) => table.step.map((_, row) => (reason(status[row]) ? null : column(part)[row] ?? null));
    const middle = this.#address.smooth ? values('smooth') : values('mean');
    return [table.step.map((step) => axis.x(step)), middle, ...(spec.band ? [values('lower'), values('upper')] : [])];
  }

  #build(spec, shown, part, data) {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: color('axis'), font, ticks: { show: false }, grid: { stroke: color('grid'), width: 1 } };
    const kind = new Axis(this.#address.x, [], []);
    const series = [{}];
    const bands = [];
    shown.forEach((_, i) => {
      const stroke = color(BLOCKS[i % BLOCKS.length]);
      series.push({ stroke, width: 1.75, dash: DASHES[i % DASHES.length], points: { show: false } });
      if (spec.band) {
        const at = series.length;
        series.push({ stroke: 'transparent', width: 0, points: { show: false } }, { stroke: 'transparent', width: 0, points: { show: false } });
        bands.push({ series: [at + 1, at], fill: `${stroke}22` });
      }
    });
    return new uPlot({
      width: part.clientWidth,
      height: part.clientHeight,
      legend: { show: false },
      padding: [8, 10, 0, 0],
      cursor: { sync: { key: 'compare', scales: ['x', null] }, drag: { x: true, y: false } },
      scales: { x: { time: kind.isTime } },
      axes: [
        { ...axis, gap: 4, size: kind.tick ? 24 : 36, ...(kind.tick ? { values: (u, splits) => splits.map((split) => kind.tick(split, splits.at(-1))) } : {}) },
        { ...axis, size: 48, gap: 6, values: (u, splits) => splits.map(tick) },
      ],
      series,
      bands,
    }, data, part);
  }
}
