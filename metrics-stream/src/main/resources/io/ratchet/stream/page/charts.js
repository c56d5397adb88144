// The charts over steps. Each knows which columns it draws; all share the cursor and the zoom.

import uPlot from './vendor/uplot/uPlot.esm.js';
import { interval, number, reason, tick } from './format.js';

/**
 * What is drawn. A line has a column of `updates` or of `windows`; `band` names how its spread is
 * drawn: the interval of an estimate, or the least and greatest value of each bin.
 */
const CHARTS = [
  {
    id: 'log-likelihood', title: 'Log-likelihood', unit: 'nats per example', table: 'updates',
    caption: 'Mean of each minibatch; shaded: least and greatest of the steps that share a point.',
    lines: [{ label: 'minibatch', quantity: 'logLikelihood', color: 'blue', band: 'extremes' }],
  },
  {
    id: 'entropy-production', title: 'Entropy production', unit: 'nats per transition',
    table: 'windows', zero: true,
    caption: 'Of the latent chain, from sampled transitions and from the kernel’s own probabilities; shaded: interval.',
    lines: [
      { label: 'counts', quantity: 'entropyProduction', color: 'orange', band: 'interval' },
      { label: 'soft', quantity: 'softEntropyProduction', color: 'blue', band: 'interval', dash: [7, 4] },
    ],
  },
  {
    id: 'path-entropy-production', title: 'Path entropy production', unit: 'nats per transition',
    table: 'windows', zero: true,
    caption: 'Of the whole path state → image → state, on average at least that of the latent chain; shaded: interval.',
    lines: [{ label: 'path', quantity: 'pathEntropyProduction', color: 'green', band: 'interval' }],
  },
  {
    id: 'self-transition', title: 'Self-transition probability', unit: 'share of transitions', table: 'windows', zero: true,
    caption: 'How often a chain stays in its state; near 1 the chains hardly move. Shaded: interval.',
    lines: [{ label: 'stays', quantity: 'selfTransitionProbability', color: 'purple', band: 'interval' }],
  },
  {
    id: 'divergence', title: 'KL divergence', unit: 'nats', table: 'windows', zero: true,
    caption: 'Class: of the data to the generated samples. Latent: of the data’s mean p(z|x) to the chains’ states. Shaded: interval.',
    lines: [
      { label: 'class', quantity: 'classDivergence', color: 'red', band: 'interval' },
      { label: 'latent', quantity: 'latentDivergence', color: 'sky', band: 'interval', dash: [7, 4] },
    ],
  },
  {
    id: 'gradient-norm', title: 'Gradient norm per block', unit: 'nats per unit of the parameter', table: 'updates', log: true,
    caption: 'Euclidean norm, logarithmic scale; shaded: least and greatest of the steps that share a point.',
    lines: 'gradientNorm.',
  },
];

const BLOCKS = ['blue', 'orange', 'green', 'red', 'purple', 'sky', 'grey'];
const DASHES = [undefined, [7, 4], [2, 3], [9, 3, 2, 3]];

export class Charts {
  #charts = [];
  #tables;
  #zoom = null;
  #lastStep = 0;
  #pending = false;

  /** @param parent element that takes the cards; @param tables {updates, windows} */
  constructor(parent, tables) {
    this.#tables = tables;
    const group = uPlot.sync('steps');
    for (const spec of CHARTS) {
      this.#charts.push(new Chart(parent, spec, tables[spec.table], group, this));
    }
    document.addEventListener('visibilitychange', () => this.update());
  }

  get range() {
    return this.#zoom ?? [0, Math.max(1, this.#lastStep)];
  }

  get zoomed() {
    return this.#zoom !== null;
  }

  /** Shows only the steps between two, on every chart; null shows all. */
  zoom(range) {
    this.#zoom = range;
    this.update();
  }

  /** Draws what the tables hold now, once before the next paint, and nothing while hidden. */
  update() {
    if (this.#pending || document.hidden) {
      return;
    }
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      const { updates, windows } = this.#tables;
      this.#lastStep = Math.max(updates.step.at(-1) ?? 0, windows.step.at(-1) ?? 0);
      this.#charts.forEach((chart) => chart.update());
    });
  }

  /** Takes the colours of the theme anew. */
  recolor() {
    this.#charts.forEach((chart) => chart.rebuild());
    this.update();
  }
}

class Chart {
  #spec;
  #table;
  #group;
  #charts;
  #card;
  #keys;
  #plot;
  #none;
  #reset;
  #uplot = null;
  #lines = [];
  #rows = []; // row of the table for each x that is drawn, -1 for a gap

  constructor(parent, spec, table, group, charts) {
    this.#spec = spec;
    this.#table = table;
    this.#group = group;
    this.#charts = charts;
    this.#card = document.createElement('section');
    this.#card.className = 'card chart';
    this.#card.id = spec.id;
    this.#card.setAttribute('aria-labelledby', `${spec.id}-title`);
    this.#card.innerHTML = '<div class="head"><h2></h2><span><button type="button" hidden>all steps</button> <span class="unit"></span></span></div>'
      + '<ul class="keys"></ul><div class="plot" role="img"><div class="none" hidden></div></div><p class="caption"></p>';
    const title = this.#card.querySelector('h2');
    title.id = `${spec.id}-title`;
    title.textContent = spec.title;
    this.#card.querySelector('.unit').textContent = spec.unit;
    this.#card.querySelector('.caption').textContent = spec.caption;
    this.#keys = this.#card.querySelector('.keys');
    this.#plot = this.#card.querySelector('.plot');
    this.#none = this.#card.querySelector('.none');
    this.#reset = this.#card.querySelector('button');
    this.#reset.addEventListener('click', () => charts.zoom(null));
    parent.append(this.#card);
    new ResizeObserver(() => this.#resize()).observe(this.#plot);
  }

  rebuild() {
    this.#uplot?.destroy();
    this.#uplot = null;
  }

  update() {
    this.#reset.hidden = !this.#charts.zoomed;
    const lines = this.#linesNow();
    if (lines.map((line) => line.quantity).join() !== this.#lines.map((line) => line.quantity).join()) {
      this.#lines = lines;
      this.rebuild();
    }
    if (!this.#uplot && this.#plot.clientWidth > 0) {
      this.#build();
    }
    const data = this.#data();
    if (this.#uplot) {
      this.#uplot.setData(data, false);
      const [min, max] = this.#charts.range;
      this.#uplot.setScale('x', { min, max });
    }
    this.#tell(null);
  }

  #resize() {
    if (this.#uplot) {
      this.#uplot.setSize({ width: this.#plot.clientWidth, height: this.#plot.clientHeight });
    } else {
      this.#charts.update();
    }
  }

  /** The lines of a chart; those of the gradient norms are whatever blocks the run has. */
  #linesNow() {
    if (Array.isArray(this.#spec.lines)) {
      return this.#spec.lines;
    }
    const prefix = this.#spec.lines;
    return [...this.#table.columns.keys()]
      .filter((name) => name.startsWith(prefix) && name.endsWith('.mean'))
      .map((name, i) => ({
        label: name.slice(prefix.length, -'.mean'.length),
        quantity: name.slice(0, -'.mean'.length),
        color: BLOCKS[i % BLOCKS.length],
        dash: DASHES[i % DASHES.length],
        band: 'extremes',
      }));
  }

  #column(line, part) {
    return this.#table.column(`${line.quantity}.${part}`) ?? [];
  }

  /** x, then for each line its value and both edges of its band; a gap is a row of nulls. */
  #data() {
    const { step, stride } = this.#table;
    const usual = Math.max(stride, median(step));
    this.#rows = [];
    const x = [];
    step.forEach((at, row) => {
      const before = step[row - 1];
      if (row > 0 && at - before > 2.5 * usual) {
        x.push(before + usual);
        this.#rows.push(-1);
      }
      x.push(at);
      this.#rows.push(row);
    });
    const data = [x];
    for (const line of this.#lines) {
      const edges = line.band === 'interval' ? ['lower', 'upper'] : ['min', 'max'];
      for (const part of ['mean', ...edges]) {
        const column = this.#column(line, part);
        data.push(this.#rows.map((row) => {
          const value = row < 0 ? null : column[row] ?? null;
          return this.#spec.log && !(value > 0) ? null : value;
        }));
      }
    }
    return data;
  }

  #build() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const series = [{}];
    const bands = [];
    this.#lines.forEach((line, i) => {
      const stroke = color(line.color);
      series.push({
        stroke, width: 1.75, dash: line.dash, spanGaps: false,
        points: { show: true, size: 4, fill: stroke, filter: alone },
      });
      series.push({ stroke: 'transparent', width: 0, points: { show: false } });
      series.push({ stroke: 'transparent', width: 0, points: { show: false } });
      bands.push({ series: [3 * i + 3, 3 * i + 2], fill: `${stroke}2e` });
    });
    const axis = {
      stroke: color('axis'), font, ticks: { show: false },
      grid: { stroke: color('grid'), width: 1 }, values: (u, splits) => splits.map(tick),
    };
    this.#uplot = new uPlot({
      width: this.#plot.clientWidth,
      height: this.#plot.clientHeight,
      legend: { show: false },
      padding: [8, 10, 0, 0],
      cursor: {
        sync: { key: this.#group.key, scales: ['x', null] },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7 },
      },
      scales: {
        x: { time: false, auto: false },
        y: this.#spec.log ? { distr: 3 } : { range: (u, low, high) => this.#span(low, high) },
      },
      axes: [
        { ...axis, size: 24, gap: 4 },
        {
          ...axis, size: 48, gap: 6,
          ...(this.#spec.log ? { filter: decades, grid: { ...axis.grid, filter: decades } } : {}),
        },
      ],
      series,
      bands,
      hooks: {
        drawClear: [(u) => this.#hatch(u, color('hatch'), font)],
        setSelect: [(u) => this.#select(u)],
        setCursor: [(u) => this.#tell(u.cursor.idx)],
      },
    }, this.#data(), this.#plot);
    this.#uplot.over.addEventListener('dblclick', () => this.#charts.zoom(null));
  }

  #span(low, high) {
    if (low === null || high === null) {
      return [0, 1];
    }
    const pad = Math.max((high - low) * 0.08, Math.abs(high) * 1e-3, 1e-9);
    return this.#spec.zero && low >= 0 ? [0, high + pad] : [low - pad, high + pad];
  }

  #select(u) {
    if (u.select.width > 4) {
      const from = u.posToVal(u.select.left, 'x');
      const to = u.posToVal(u.select.left + u.select.width, 'x');
      this.#charts.zoom([Math.max(0, from), to]);
    }
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  /** Hatches the steps where the first line has no number, and says why. */
  #hatch(u, color, font) {
    const status = this.#column(this.#lines[0] ?? { quantity: '' }, 'status');
    const { step } = this.#table;
    const { left, top, width, height } = u.bbox;
    const context = u.ctx;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    for (let row = 0; row < step.length; row += 1) {
      const why = reason(status[row]);
      if (!why) {
        continue;
      }
      const first = row;
      while (row + 1 < step.length && status[row + 1] === status[first]) {
        row += 1;
      }
      const from = u.valToPos(first > 0 ? step[first - 1] : 0, 'x', true);
      const to = u.valToPos(step[row], 'x', true);
      context.save();
      context.beginPath();
      context.rect(from, top, Math.max(1, to - from), height);
      context.clip();
      context.strokeStyle = color;
      context.globalAlpha = 0.3;
      context.lineWidth = devicePixelRatio;
      context.beginPath();
      const gap = 7 * devicePixelRatio;
      for (let x = from - height - (from % gap); x < to; x += gap) {
        context.moveTo(x, top + height);
        context.lineTo(x + height, top);
      }
      context.stroke();
      context.restore();
      if (to - from > 80 * devicePixelRatio) {
        context.fillStyle = color;
        context.font = font.replace('11px', `${11 * devicePixelRatio}px`);
        context.textAlign = 'center';
        context.fillText(why, (from + to) / 2, top + 14 * devicePixelRatio);
      }
    }
    context.restore();
  }

  /** Writes the numbers under the cursor, or the last ones, beside their names. */
  #tell(index) {
    const at = index === null || index === undefined ? -1 : this.#rows[index] ?? -1;
    const row = at >= 0 ? at : this.#table.length - 1;
    const items = this.#lines.map((line) => {
      const value = this.#column(line, 'mean')[row];
      const why = reason(this.#column(line, 'status')[row]);
      const item = document.createElement('li');
      const swatch = document.createElement('i');
      swatch.style.color = `var(--${line.color})`;
      swatch.className = !line.dash ? '' : line.dash[0] < 4 ? 'dot' : 'dash';
      const figure = document.createElement('b');
      figure.textContent = why ?? number(value, 4);
      item.append(swatch, line.label, figure);
      if (!why && line.band === 'interval') {
        const range = document.createElement('small');
        range.textContent = interval(this.#column(line, 'lower')[row], this.#column(line, 'upper')[row]);
        item.append(range);
      }
      return item;
    });
    if (at >= 0) {
      const where = document.createElement('li');
      where.textContent = `step ${this.#table.step[row]}`;
      items.push(where);
    }
    this.#keys.replaceChildren(...items);
    const drawn = this.#lines.some((line) => this.#column(line, 'mean').some((value) => value !== null)
      || this.#column(line, 'status').some((status) => status !== null));
    this.#none.hidden = drawn;
    this.#none.textContent = this.#table.length ? 'not observed in this run' : 'nothing to show yet';
    this.#plot.setAttribute('aria-label', `${this.#spec.title}, ${this.#spec.unit}, over steps. Last: `
      + this.#lines.map((line) => `${line.label} ${number(this.#column(line, 'mean').at(-1), 4)}`).join(', '));
  }
}

/** A point without neighbours would be no line at all: it is drawn as a point. */
function alone(u, seriesIdx) {
  const values = u.data[seriesIdx];
  const lonely = [];
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null) {
      lonely.push(i);
    }
  }
  return lonely;
}

/** Of a logarithmic axis only the powers of ten are named, or 2 and 5 too where there are few. */
function decades(u, splits) {
  const powers = splits.filter((v) => Number.isInteger(Math.round(Math.log10(v) * 1e6) / 1e6));
  const few = powers.length < 2;
  return splits.map((v) => {
    const lead = Math.round(v / 10 ** Math.floor(Math.log10(v) + 1e-9));
    return lead === 1 || (few && (lead === 2 || lead === 5)) ? v : null;
  });
}

function median(steps) {
  if (steps.length < 3) {
    return Infinity;
  }
  const gaps = [];
  for (let i = 1; i < steps.length; i += 1) {
    gaps.push(steps[i] - steps[i - 1]);
  }
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1];
}
