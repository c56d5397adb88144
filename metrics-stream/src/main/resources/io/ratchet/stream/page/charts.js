// The charts over steps: which there are, and what they share: runs, axis, zoom, cursor, smoothing.

import { Axis } from './axis.js';
import { Chart } from './chart.js';
import uPlot from './vendor/uplot/uPlot.esm.js';

/**
 * What is drawn of a run. A line has a column of `updates` or of `windows`; `band` names how its
 * spread is drawn: the interval of an estimate, or the least and greatest value of each bin.
 */
export const CHARTS = [
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
  {
    id: 'rate', title: 'Updates per second', unit: 'by the producers’ clock', table: 'overview', zero: true,
    caption: 'Steps over the time that they took, each time over up to a second or over the steps that share a point.',
    lines: [{ label: 'updates', quantity: 'updatesPerSecond', color: 'grey' }],
  },
];

export class Charts {
  #charts;
  #sources = [];
  #zoomed;
  #zoom = null; // in steps of one run; of several, whose steps differ in time, as the axis has it
  #kind = 'step';
  #halfLife = 0;
  #pending = false;
  #drawnTo = 0;

  /**
   * @param parent element that takes the cards; @param specs what is drawn; @param key of the
   * cursor that they share; @param zoomed called with the steps of one run that are shown, null for all
   */
  constructor(parent, specs, key, zoomed = () => {}) {
    this.#zoomed = zoomed;
    uPlot.sync(key);
    this.#charts = specs.map((spec) => new Chart(parent, spec, key, this));
    document.addEventListener('visibilitychange', () => this.update());
  }

  get sources() {
    return this.#sources;
  }

  /** The axis of the run, or one of the same kind that stands for those of several. */
  get axis() {
    return this.#several ? new Axis(this.#kind, [], []) : this.#sources[0].axis;
  }

  get #several() {
    return this.#sources.length !== 1;
  }

  /** From where to where there is something, in the units of the zoom. */
  get #extent() {
    const ends = this.#sources.filter((source) => source.extent)
      .map((source) => (this.#several ? source.extent.map((step) => source.axis.x(step)) : source.extent));
    return ends.length === 0 ? [0, 1] : [Math.min(...ends.map(([first]) => first)), Math.max(...ends.map(([, last]) => last))];
  }

  /** The part of the axis that is shown. */
  get range() {
    const range = this.#zoom ?? this.#extent;
    return this.#several ? range : range.map((step) => this.axis.x(step));
  }

  get zoomed() {
    return this.#zoom !== null;
  }

  /** What a reader must know of the curves beside what is drawn. */
  get notice() {
    const of = (sources) => (this.#several ? `of ${sources.map(({ run }) => run).join(', ')}` : 'of this run');
    const released = this.#sources.filter((source) => source.released);
    const coarse = this.#sources.filter((source) => source.isCoarse && !source.released);
    return [
      ...(released.length > 0 ? [`The curves ${of(released)} were let go: too many other runs are newer.`] : []),
      ...(coarse.length > 0 ? [`Not every value ${of(coarse)} is kept any more: no smoothed line, no closer look.`] : []),
    ].join(' ');
  }

  /** The runs that are drawn from now on, and the part of them that is shown, null for all. */
  follow(sources, range = null) {
    this.#sources.filter((source) => !sources.includes(source)).forEach((source) => source.leave());
    this.#sources = sources;
    this.zoom(range);
  }

  /** What is marked on every chart of a run: alerts, attempts, the step that is looked back at. */
  mark(marks) {
    this.#sources.forEach((source) => Object.assign(source.marks, marks));
    this.update();
  }

  /** The x axis and the half-life of the smoothed lines. */
  arrange(kind, halfLife) {
    if (kind !== this.#kind) {
      this.#kind = kind;
      this.#charts.forEach((chart) => chart.rebuild());
      if (this.#several) {
        this.#zoom = null;
      }
    }
    this.#halfLife = halfLife;
    this.#look();
  }

  /** Shows only what lies between two places, steps of one run, on every chart; null shows all. */
  zoom(range) {
    if (String(range) !== String(this.#zoom)) {
      this.#zoom = range;
      this.#zoomed(range);
    }
    this.#look();
  }

  /** Shows only what lies between two places of the axis. */
  select(from, to) {
    this.#narrow([from, to].map((x) => (this.#several ? x : this.axis.step(x))));
  }

  /** The range as a share of itself: 0.5 zooms in, 2 out; then moved by a share of it. */
  change(factor, shift) {
    const [first, last] = this.#extent;
    const [from, to] = this.#zoom ?? [first, last];
    const half = Math.max(this.#several ? (last - first) / 1e6 : 2, ((to - from) * factor) / 2);
    const middle = (from + to) / 2 + shift * (to - from);
    const all = middle - half <= first && middle + half >= last;
    if (all) {
      this.zoom(null);
    } else {
      this.#narrow([Math.max(first, middle - half), Math.min(last, middle + half)]);
    }
  }

  #narrow(range) {
    this.zoom(this.#several ? range : range.map((step) => Math.max(0, Math.round(step))));
  }

  #look() {
    for (const source of this.#sources) {
      const range = this.#zoom && this.#zoom.map((at) => (this.#several ? Math.max(0, source.axis.step(at)) : at));
      source.closer(range, this.#halfLife, () => this.update());
    }
    this.update();
  }

  /** A run has gone on. */
  advance(source = this.#sources[0]) {
    if (!this.#zoom || this.#zoom[1] >= this.#drawnTo) {
      source.refresh();
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
      this.#sources.forEach((source) => source.derive(this.#kind));
      [, this.#drawnTo] = this.#extent;
      this.#charts.forEach((chart) => chart.update());
    });
  }

  /** Takes the colours of the theme anew. */
  recolor() {
    this.#charts.forEach((chart) => chart.rebuild());
    this.update();
  }
}
