// One chart over steps, of one run or of several: lines with their spread, gaps, what is marked.

import { count, interval, number, reason, tick } from './format.js';
import { say } from './said.js';
import uPlot from './vendor/uplot/uPlot.esm.js';

export const BLOCKS = ['blue', 'orange', 'green', 'red', 'purple', 'sky', 'grey'];
export const DASHES = [undefined, [7, 4], [2, 3], [9, 3, 2, 3]];

/** The columns of a line: its value, the smoothed one, and both edges of each of its bands. */
const PARTS = {
  interval: ['mean', 'smooth', 'lower', 'upper', 'min', 'max'],
  extremes: ['mean', 'smooth', 'min', 'max'],
  none: ['mean', 'smooth'],
};

/** How a dashed line is shown beside its name. */
export function swatch(color, dash) {
  const mark = document.createElement('i');
  mark.style.color = `var(--${color})`;
  mark.className = !dash ? '' : dash[0] < 4 ? 'dot' : 'dash';
  return mark;
}

export class Chart {
  #spec;
  #key;
  #charts;
  #card;
  #keys;
  #plot;
  #none;
  #caption;
  #reset;
  #uplot = null;
  #lines = [];
  #look = '';
  #drawn = new Map(); // of each source the x of its rows, and the rows
  #gaps = new Set(); // places where a line is broken

  /** @param spec what is drawn; @param key of the cursor it shares; @param charts those it belongs to */
  constructor(parent, spec, key, charts) {
    this.#spec = spec;
    this.#key = key;
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
    this.#keys = this.#card.querySelector('.keys');
    this.#plot = this.#card.querySelector('.plot');
    this.#none = this.#card.querySelector('.none');
    this.#caption = this.#card.querySelector('.caption');
    this.#reset = this.#card.querySelector('button');
    this.#reset.addEventListener('click', () => charts.zoom(null));
    this.#plot.addEventListener('keydown', (event) => this.#type(event));
    parent.append(this.#card);
    new ResizeObserver(() => this.#resize()).observe(this.#plot);
  }

  #table(source) {
    return source.table(this.#spec.table);
  }

  #column({ source, quantity }, part) {
    return this.#table(source).column(`${quantity}.${part}`) ?? [];
  }

  rebuild() {
    this.#uplot?.destroy();
    this.#uplot = null;
  }

  update() {
    this.#reset.hidden = !this.#charts.zoomed;
    const lines = this.#charts.sources.flatMap((source) => this.#linesOf(source));
    const faint = lines.some((line) => line.joined && line.band === 'interval')
      ? 'Faint: least and greatest of the windows that share a point.' : '';
    const caption = [this.#spec.caption, faint, this.#charts.notice].filter(Boolean).join(' ');
    if (caption !== this.#caption.textContent) {
      this.#caption.textContent = caption;
    }
    const look = lines.map((line) => `${line.source.run} ${line.quantity} ${line.smoothed} ${line.joined}`).join();
    this.#lines = lines;
    if (look !== this.#look) {
      this.#look = look;
      this.rebuild();
    }
    const data = this.#data();
    if (!this.#uplot && this.#plot.clientWidth > 0) {
      this.#build(data);
    }
    if (this.#uplot) {
      this.#uplot.setData(data, false);
      const [min, max] = this.#charts.range;
      this.#uplot.setScale('x', { min, max: Math.max(max, min + 1e-3) });
    }
    const [first] = this.#charts.sources;
    const table = first && this.#table(first);
    Object.assign(this.#plot.dataset, { step: table?.step.at(-1) ?? '', stride: table?.stride ?? '' });
    this.#tell(this.#uplot?.cursor.idx); // what the cursor points at stays in view
  }

  /** Arrows move the cursor from point to point, + and - zoom, Escape shows all. */
  #type(event) {
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
      const [places] = u.data;
      const last = places.length - 1;
      let to = Math.min(last, Math.max(0, (u.cursor.idx ?? (move < 0 ? last + 1 : -1)) + move));
      while (this.#gaps.has(places[to])) {
        to += move; // a gap lies between two points
      }
      u.setCursor({ left: u.valToPos(places[to], 'x'), top: 10 });
    } else {
      return;
    }
    event.preventDefault();
    say(move && !event.shiftKey ? [...this.#keys.children].map((item) => item.textContent).join(', ')
      : this.#charts.zoomed ? this.#charts.range.map((x) => this.#charts.axis.words(x)).join(' to ') : 'all steps');
  }

  #resize() {
    if (this.#uplot && this.#plot.clientWidth > 0) {
      this.#uplot.setSize({ width: this.#plot.clientWidth, height: this.#plot.clientHeight });
    } else {
      this.#charts.update();
    }
  }

  /** The lines of a run; those of the gradient norms are whatever blocks it has. */
  #linesOf(source) {
    const { lines } = this.#spec;
    const all = Array.isArray(lines) ? lines
      : [...this.#table(source).columns.keys()]
        .filter((name) => name.startsWith(lines) && name.endsWith('.mean'))
        .map((name, i) => ({
          label: name.slice(lines.length, -'.mean'.length),
          quantity: name.slice(0, -'.mean'.length),
          color: BLOCKS[i % BLOCKS.length],
          dash: DASHES[i % DASHES.length],
          band: 'extremes',
        }));
    const table = this.#table(source);
    return all.map((line) => ({
      ...line, ...source.look, source, parts: PARTS[line.band ?? 'none'],
      smoothed: table.columns.has(`${line.quantity}.smooth`),
      joined: table.column(`${line.quantity}.min`)?.some((least, row) => least !== table.column(`${line.quantity}.max`)[row]) ?? false,
    }));
  }

  /** x, then the parts of each line; those of several runs on the x of all. */
  #data() {
    this.#gaps.clear();
    this.#drawn.clear();
    const sets = this.#charts.sources.map((source) => this.#set(source));
    return sets.length === 0 ? [[]] : sets.length === 1 ? sets[0] : uPlot.join(sets);
  }

  /** x and the parts of the lines of a run; a gap is a row of nulls. */
  #set(source) {
    const { step, stride } = this.#table(source);
    const { axis } = source;
    const usual = Math.max(stride, median(step));
    const rows = []; // of the table for each x, -1 for a gap
    const x = [];
    step.forEach((at, row) => {
      const before = step[row - 1];
      if (row > 0 && at - before > 2.5 * usual) {
        x.push(axis.x(before + usual));
        rows.push(-1);
        this.#gaps.add(x.at(-1));
      }
      x.push(axis.x(at));
      rows.push(row);
    });
    this.#drawn.set(source, { x, rows });
    const data = [x];
    for (const line of this.#lines.filter((each) => each.source === source)) {
      for (const part of line.parts) {
        const column = this.#column(line, part);
        data.push(rows.map((row) => {
          const value = row < 0 ? null : column[row] ?? null;
          return this.#spec.log && !(value > 0) ? null : value;
        }));
      }
    }
    return data;
  }

  #build(data) {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const series = [{}];
    const bands = [];
    for (const line of this.#lines) {
      const stroke = color(line.color);
      const at = series.length;
      const points = { show: true, size: 4, fill: stroke, filter: alone };
      // Under its smoothed line the raw trace is faint, but there.
      series.push({
        stroke: line.smoothed ? `${stroke}73` : stroke, width: line.smoothed ? 1 : 1.75, dash: line.dash, points,
      });
      series.push({ stroke, width: 2, dash: line.dash, points });
      for (let edge = 2; edge < line.parts.length; edge += 1) {
        // An extreme of joined estimates may last for less than a pixel: only a line then shows it.
        const lined = edge > 3 && line.joined;
        series.push({ stroke: lined ? `${stroke}59` : 'transparent', width: lined ? 1 : 0, points: { show: false } });
      }
      // The extremes of an estimate, behind its interval, are fainter than it.
      const fills = line.parts.length > 4 ? ['2e', '17'] : ['2e'];
      fills.forEach((fill, i) => bands.push({
        series: [at + 3 + 2 * i, at + 2 + 2 * i], fill: `${stroke}${line.smoothed ? '17' : fill}`,
      }));
    }
    const axis = {
      stroke: color('axis'), font, ticks: { show: false },
      grid: { stroke: color('grid'), width: 1 }, values: (u, splits) => splits.map(tick),
    };
    const { tick: along, isTime } = this.#charts.axis;
    this.#uplot = new uPlot({
      width: this.#plot.clientWidth,
      height: this.#plot.clientHeight,
      legend: { show: false },
      padding: [8, 10, 0, 0],
      cursor: {
        sync: { key: this.#key, scales: ['x', null] },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7 },
      },
      scales: {
        x: { time: isTime, auto: false },
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
        drawClear: [(u) => this.#hatch(u, color, font)],
        draw: [(u) => this.#mark(u, color)],
        setSelect: [(u) => this.#select(u)],
        setCursor: [(u) => this.#tell(u.cursor.idx)],
      },
    }, data, this.#plot);
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
      this.#charts.select(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
    }
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  /** Hatches the steps where a line has no number, and says why; each line has its own strip. */
  #hatch(u, color, font) {
    const { left, top, width, height } = u.bbox;
    const context = u.ctx;
    const strip = height / this.#lines.length;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    this.#lines.forEach((line, i) => {
      const { step, first: start } = this.#table(line.source);
      const { axis } = line.source;
      const only = this.#lines.length === 1;
      for (const { why, first, last } of stretches(this.#column(line, 'status'))) {
        const from = u.valToPos(axis.x(first > 0 ? step[first - 1] : start), 'x', true);
        const to = u.valToPos(axis.x(step[last]), 'x', true);
        hatched(context, { from, to, top: top + i * strip, height: strip }, color(only ? 'hatch' : line.color));
        const words = only ? why : `${line.label}: ${why}`;
        context.font = font.replace('11px', `${11 * devicePixelRatio}px`);
        if (Math.min(to, left + width) - Math.max(from, left) > context.measureText(words).width + 8 * devicePixelRatio) {
          context.fillStyle = color('muted');
          context.textAlign = 'center';
          context.fillText(words, (Math.max(from, left) + Math.min(to, left + width)) / 2, top + i * strip + Math.min(14 * devicePixelRatio, 0.7 * strip));
        }
      }
    });
    context.restore();
  }

  /** Of one run: alerts, attempts, missing sweeps, and the step that is looked back at. */
  #mark(u, color) {
    if (this.#charts.sources.length !== 1) {
      return;
    }
    const [source] = this.#charts.sources;
    const { alerts, attempts, at } = source.marks;
    const { left, top, width, height } = u.bbox;
    const context = u.ctx;
    const pixel = devicePixelRatio;
    const place = (step) => u.valToPos(source.axis.x(step), 'x', true);
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
    const table = this.#table(source);
    const gaps = table.column('gaps.max') ?? [];
    const missing = table.column('missingWorkers.max') ?? [];
    context.fillStyle = color('orange');
    table.step.forEach((step, row) => {
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
    const x = index === null || index === undefined ? null : this.#uplot?.data[0][index] ?? null;
    const rows = new Map(this.#charts.sources.map((source) => [source, this.#row(source, x)]));
    const items = this.#lines.map((line) => {
      const row = rows.get(line.source);
      const smooth = this.#column(line, 'smooth')[row] ?? null;
      const value = smooth ?? this.#column(line, 'mean')[row];
      const why = reason(this.#column(line, 'status')[row]);
      const item = document.createElement('li');
      const figure = document.createElement('b');
      figure.textContent = why ?? number(value, 4);
      item.append(swatch(line.color, line.dash), `${line.label} `, figure);
      if (!why && smooth === null && line.band === 'interval') {
        const range = document.createElement('small');
        range.textContent = interval(this.#column(line, 'lower')[row], this.#column(line, 'upper')[row]);
        item.append(' ', range);
      }
      return item;
    });
    if (x !== null) {
      const where = document.createElement('li');
      const [only, ...others] = rows;
      where.textContent = only && others.length === 0
        ? `step ${count(this.#table(only[0]).step[only[1]])}` : this.#charts.axis.words(x);
      items.push(where);
    }
    this.#keys.replaceChildren(...items);
    const some = this.#lines.some((line) => this.#column(line, 'mean').some((value) => value !== null)
      || this.#column(line, 'status').some((status) => status !== null));
    const { sources } = this.#charts;
    this.#none.hidden = some;
    this.#none.textContent = !sources.some((source) => this.#table(source).length > 0) ? 'nothing to show yet'
      : sources.length === 1 ? 'not observed in this run' : 'not observed in these runs';
    this.#plot.setAttribute('aria-label', `${this.#spec.title}, ${this.#spec.unit}, over steps. Last: `
      + this.#lines.map((line) => `${line.label} ${number(this.#column(line, 'mean').at(-1), 4)}`).join(', '));
  }

  /** The row of a run that is nearest to a place; the last where there is none. */
  #row(source, x) {
    const drawn = this.#drawn.get(source) ?? { x: [], rows: [] };
    const last = this.#table(source).length - 1;
    if (x === null || drawn.x.length === 0) {
      return last;
    }
    let low = 0;
    let high = drawn.x.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (drawn.x[middle] < x) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const at = low > 0 && x - drawn.x[low - 1] < drawn.x[low] - x ? low - 1 : low;
    return Math.min(last, drawn.rows[at] < 0 ? drawn.rows[at - 1] : drawn.rows[at]);
  }
}

/** Where there is no number and why: [{why, first, last}] rows of a column of status. */
export function stretches(status) {
  const found = [];
  for (let row = 0; row < status.length; row += 1) {
    const why = reason(status[row]);
    const first = row;
    while (why && row + 1 < status.length && status[row + 1] === status[first]) {
      row += 1;
    }
    if (why) {
      found.push({ why, first, last: row });
    }
  }
  return found;
}

function hatched(context, { from, to, top, height }, color) {
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
}

/**
 * A point without neighbours would be no line at all: it is drawn as a point. Undefined is what
 * another run has at a place, and no neighbour.
 */
export function alone(u, seriesIdx) {
  const values = u.data[seriesIdx];
  const lonely = [];
  let together = 0;
  let last = -1;
  const end = () => {
    if (together === 1) {
      lonely.push(last);
    }
    together = 0;
  };
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] === null) {
      end();
    } else if (values[i] !== undefined) {
      together += 1;
      last = i;
    }
  }
  end();
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
