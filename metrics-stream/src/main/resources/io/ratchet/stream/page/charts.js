// The charts over steps. Each knows which columns it draws; all share the cursor and the zoom.

import { Axis } from './axis.js';
import { Closer } from './closer.js';
import uPlot from './vendor/uplot/uPlot.esm.js';
import { count, interval, number, reason, tick } from './format.js';

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

export const BLOCKS = ['blue', 'orange', 'green', 'red', 'purple', 'sky', 'grey'];
export const DASHES = [undefined, [7, 4], [2, 3], [9, 3, 2, 3]];

export class Charts {
  #charts = [];
  #tables;
  #closer = new Closer(() => this.update());
  #ranged;
  #run = null;
  #zoom = null;
  #kind = 'step';
  #halfLife = 0;
  #axis = new Axis('step', [], []);
  #lastStep = 0;
  #pending = false;
  #marks = { alerts: [], attempts: [], at: null };

  /**
   * @param parent element that takes the cards; @param tables {updates, windows};
   * @param ranged called with the steps that are shown, null for all
   */
  constructor(parent, tables, ranged) {
    this.#tables = tables;
    this.#ranged = ranged;
    const group = uPlot.sync('steps');
    for (const spec of CHARTS) {
      this.#charts.push(new Chart(parent, spec, group, this));
    }
    document.addEventListener('visibilitychange', () => this.update());
  }

  get axis() {
    return this.#axis;
  }

  get marks() {
    return this.#marks;
  }

  get smoothed() {
    return this.#halfLife > 0;
  }

  /** The steps that are shown. */
  get range() {
    return this.#zoom ?? [this.#tables.updates.step[0] ?? this.#tables.windows.step[0] ?? 0, Math.max(1, this.#lastStep)];
  }

  get zoomed() {
    return this.#zoom !== null;
  }

  table(name) {
    return (this.#closer.tables ?? this.#tables)[name];
  }

  /** Which run the tables belong to. */
  follow(run) {
    this.#run = run;
    this.#marks = { alerts: [], attempts: [], at: null };
    this.#look();
  }

  /** What is marked on every chart: alerts, attempts, the step that is looked back at. */
  mark(marks) {
    Object.assign(this.#marks, marks);
    this.update();
  }

  /** The x axis and the half-life of the smoothed lines. */
  arrange(kind, halfLife) {
    if (kind !== this.#kind) {
      this.#kind = kind;
      this.#charts.forEach((chart) => chart.rebuild());
    }
    this.#halfLife = halfLife;
    this.#look();
  }

  /** Shows only the steps between two, on every chart; null shows all. */
  zoom(range) {
    if (String(range) !== String(this.#zoom)) {
      this.#zoom = range;
      this.#ranged(range);
    }
    this.#look();
  }

  /** The range as a share of itself: 0.5 zooms in, 2 out; then moved by a share of it. */
  change(factor, shift) {
    const [from, to] = this.range;
    const half = Math.max(2, ((to - from) * factor) / 2);
    const middle = (from + to) / 2 + shift * (to - from);
    const first = this.#tables.updates.step[0] ?? 0;
    const all = middle - half <= first && middle + half >= this.#lastStep;
    this.zoom(all ? null : [Math.max(first, middle - half), Math.min(this.#lastStep, middle + half)].map(Math.round));
  }

  #look() {
    this.#closer.look(this.#run, this.#zoom, this.#halfLife);
    this.update();
  }

  /** The run has gone on. */
  advance() {
    if (!this.#zoom || this.#zoom[1] >= this.#lastStep) {
      this.#closer.refresh();
    }
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
      this.#axis = new Axis(this.#kind, updates.step, updates.column('timeMillis.mean') ?? []);
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
  #group;
  #charts;
  #card;
  #keys;
  #plot;
  #none;
  #reset;
  #uplot = null;
  #lines = [];
  #look = '';
  #rows = []; // row of the table for each x that is drawn, -1 for a gap

  constructor(parent, spec, group, charts) {
    this.#spec = spec;
    this.#group = group;
    this.#charts = charts;
    this.#card = document.createElement('section');
    this.#card.className = 'card chart';
    this.#card.id = spec.id;
    this.#card.setAttribute('aria-labelledby', `${spec.id}-title`);
    this.#card.innerHTML = '<div class="head"><h2></h2><span><button type="button" hidden>all steps</button> <span class="unit"></span></span></div>'
      + '<ul class="keys"></ul><div class="plot" role="img" tabindex="0"><div class="none" hidden></div></div><p class="caption"></p>';
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
    this.#plot.addEventListener('keydown', (event) => this.#key(event));
    parent.append(this.#card);
    new ResizeObserver(() => this.#resize()).observe(this.#plot);
  }

  get #table() {
    return this.#charts.table(this.#spec.table);
  }

  rebuild() {
    this.#uplot?.destroy();
    this.#uplot = null;
  }

  update() {
    this.#reset.hidden = !this.#charts.zoomed;
    const lines = this.#linesNow();
    const look = `${this.#charts.smoothed} ${lines.map((line) => line.quantity)}`;
    if (look !== this.#look) {
      this.#look = look;
      this.#lines = lines;
      this.rebuild();
    }
    if (!this.#uplot && this.#plot.clientWidth > 0) {
      this.#build();
    }
    const data = this.#data();
    if (this.#uplot) {
      this.#uplot.setData(data, false);
      const [min, max] = this.#charts.range.map((step) => this.#charts.axis.x(step));
      this.#uplot.setScale('x', { min, max: Math.max(max, min + 1e-3) });
    }
    Object.assign(this.#plot.dataset, { step: this.#table.step.at(-1) ?? '', stride: this.#table.stride });
    this.#tell(this.#uplot?.cursor.idx); // what the cursor points at stays in view
  }

  /** Arrows move the cursor from point to point, + and - zoom, Escape shows all. */
  #key(event) {
    const u = this.#uplot;
    const zoom = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !u) {
      return;
    }
    if (event.key === 'Escape') {
      this.#charts.zoom(null);
    } else if (zoom) {
      this.#charts.change(zoom, 0);
    } else if (move && event.shiftKey) {
      this.#charts.change(1, move / 2);
    } else if (move) {
      const last = u.data[0].length - 1;
      const to = Math.min(last, Math.max(0, (u.cursor.idx ?? (move < 0 ? last + 1 : -1)) + move));
      u.setCursor({ left: u.valToPos(u.data[0][to], 'x'), top: 10 });
    } else {
      return;
    }
    event.preventDefault();
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

  /** x, then each line's value, both edges of its band, its smoothed value; a gap is a row of nulls. */
  #data() {
    const { step, stride } = this.#table;
    const { axis } = this.#charts;
    const usual = Math.max(stride, median(step));
    this.#rows = [];
    const x = [];
    step.forEach((at, row) => {
      const before = step[row - 1];
      if (row > 0 && at - before > 2.5 * usual) {
        x.push(axis.x(before + usual));
        this.#rows.push(-1);
      }
      x.push(axis.x(at));
      this.#rows.push(row);
    });
    const data = [x];
    for (const line of this.#lines) {
      const edges = line.band === 'interval' ? ['lower', 'upper'] : ['min', 'max'];
      for (const part of ['mean', ...edges, 'smooth']) {
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
      const { smoothed } = this.#charts;
      // Under its smoothed line the raw trace is faint, but there.
      series.push({
        stroke: smoothed ? `${stroke}73` : stroke, width: smoothed ? 1 : 1.75, dash: line.dash, spanGaps: false,
        points: { show: true, size: 4, fill: stroke, filter: alone },
      });
      series.push({ stroke: 'transparent', width: 0, points: { show: false } });
      series.push({ stroke: 'transparent', width: 0, points: { show: false } });
      series.push({ stroke, width: 2, dash: line.dash, spanGaps: true, points: { show: false } });
      bands.push({ series: [4 * i + 3, 4 * i + 2], fill: `${stroke}${smoothed ? '1c' : '2e'}` });
    });
    const axis = {
      stroke: color('axis'), font, ticks: { show: false },
      grid: { stroke: color('grid'), width: 1 }, values: (u, splits) => splits.map(tick),
    };
    const along = this.#charts.axis.tick;
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
        x: { time: this.#charts.axis.isTime, auto: false },
        y: this.#spec.log ? { distr: 3 } : { range: (u, low, high) => this.#span(low, high) },
      },
      axes: [
        {
          ...axis, gap: 4, size: along ? 24 : 36,
          ...(along ? { values: (u, splits) => splits.map((split) => along(split, splits.at(-1))) } : { values: undefined }),
        },
        {
          ...axis, size: 48, gap: 6,
          ...(this.#spec.log ? { filter: decades, grid: { ...axis.grid, filter: decades } } : {}),
        },
      ],
      series,
      bands,
      hooks: {
        drawClear: [(u) => this.#hatch(u, color('hatch'), font)],
        draw: [(u) => this.#mark(u, color)],
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
      this.#charts.zoom([from, to].map((x) => Math.max(0, Math.round(this.#charts.axis.step(x)))));
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
      const { axis } = this.#charts;
      const from = u.valToPos(axis.x(first > 0 ? step[first - 1] : 0), 'x', true);
      const to = u.valToPos(axis.x(step[row]), 'x', true);
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

  /** Alerts, attempts, missing sweeps, and the step that is looked back at. */
  #mark(u, color) {
    const { alerts, attempts, at } = this.#charts.marks;
    const { left, top, width, height } = u.bbox;
    const context = u.ctx;
    const pixel = devicePixelRatio;
    const place = (step) => u.valToPos(this.#charts.axis.x(step), 'x', true);
    const within = (x) => x >= left && x <= left + width;
    const line = (x, stroke, dash) => {
      context.strokeStyle = stroke;
      context.lineWidth = pixel;
      context.setLineDash(dash.map((length) => length * pixel));
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
    };
    context.save();
    for (const { attempt, startStep } of attempts) {
      const x = place(startStep);
      if (attempt > 1 && within(x)) {
        line(x, color('axis'), [2, 4]);
      }
    }
    for (const { action, toStep } of alerts) {
      const x = place(toStep);
      if (within(x)) {
        // Raised: a full triangle that points down on its step; resolved: an empty one.
        line(x, color(action === 'raised' ? 'red' : 'green'), [1, 3]);
        const half = 5 * pixel;
        context.setLineDash([]);
        context.beginPath();
        context.moveTo(x - half, top);
        context.lineTo(x + half, top);
        context.lineTo(x, top + 1.7 * half);
        context.closePath();
        context.fillStyle = color(action === 'raised' ? 'red' : 'card');
        context.fill();
        context.stroke();
      }
    }
    const gaps = this.#table.column('gaps.max') ?? [];
    const missing = this.#table.column('missingWorkers.max') ?? [];
    context.fillStyle = color('orange');
    this.#table.step.forEach((step, row) => {
      const x = place(step);
      if ((gaps[row] > 0 || missing[row] > 0) && within(x)) {
        context.fillRect(x - pixel, top + height - 5 * pixel, 2 * pixel, 5 * pixel);
      }
    });
    if (at !== null && within(place(at))) {
      line(place(at), color('ink'), []);
    }
    context.restore();
  }

  /** Writes the numbers under the cursor, or the last ones, beside their names. */
  #tell(index) {
    const at = index === null || index === undefined ? -1 : this.#rows[index] ?? -1;
    const row = at >= 0 ? at : this.#table.length - 1;
    const items = this.#lines.map((line) => {
      const smooth = this.#column(line, 'smooth')[row] ?? null;
      const value = smooth ?? this.#column(line, 'mean')[row];
      const why = reason(this.#column(line, 'status')[row]);
      const item = document.createElement('li');
      const swatch = document.createElement('i');
      swatch.style.color = `var(--${line.color})`;
      swatch.className = !line.dash ? '' : line.dash[0] < 4 ? 'dot' : 'dash';
      const figure = document.createElement('b');
      figure.textContent = why ?? number(value, 4);
      item.append(swatch, line.label, figure);
      if (!why && smooth === null && line.band === 'interval') {
        const range = document.createElement('small');
        range.textContent = interval(this.#column(line, 'lower')[row], this.#column(line, 'upper')[row]);
        item.append(range);
      }
      return item;
    });
    if (at >= 0) {
      const where = document.createElement('li');
      where.textContent = `step ${count(this.#table.step[row])}`;
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
