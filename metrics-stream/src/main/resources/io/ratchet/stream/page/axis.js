// Where a step lies on the x axis: by its number, or by the time at which it was made.

import { count, duration, tick } from './format.js';

/** The value at x of the line through ascending points; beyond its ends, that of the end. */
export function interpolate(xs, ys, x) {
  if (xs.length === 0) {
    return null;
  }
  let low = 0;
  let high = xs.length - 1;
  if (x <= xs[low]) {
    return ys[low];
  }
  if (x >= xs[high]) {
    return ys[high];
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const share = (x - xs[low]) / (xs[high] - xs[low]);
  return ys[low] + share * (ys[high] - ys[low]);
}

/**
 * Which step was made when, as far as the tables tell: by the updates, or, of a sampler that sends
 * sweeps alone, by its windows. The step of a row is the last of its bin, so its time is the
 * latest; before the first row comes the first step, which its bin may have joined with others.
 */
export function clockOf({ updates, windows }) {
  const known = (table) => table.column('timeMillis.max')?.some((at) => at !== null);
  const table = [updates, windows].find(known) ?? (updates.length > 0 ? updates : windows);
  const steps = [...table.step];
  const millis = [...(table.column('timeMillis.max') ?? [])];
  if (table.first !== null && table.first < steps[0]) {
    steps.unshift(table.first);
    millis.unshift(table.column('timeMillis.min')?.[0] ?? null);
  }
  return { steps, millis };
}

export class Axis {
  #first;
  #steps = [];
  #seconds = [];

  /**
   * @param kind one of the AXES; @param steps ascending; @param millis wall time of each, null
   * where it is not known
   */
  constructor(kind, steps, millis) {
    this.kind = kind;
    this.#first = steps[0] ?? 0;
    if (kind.endsWith('time')) {
      let start = null;
      let before = -Infinity;
      steps.forEach((step, i) => {
        if (Number.isFinite(millis[i]) && millis[i] > before) {
          before = millis[i];
          start ??= kind === 'relative-time' ? millis[i] : 0;
          this.#steps.push(step);
          this.#seconds.push((millis[i] - start) / 1000);
        }
      });
    }
  }

  get isTime() {
    return this.kind === 'time';
  }

  x(step) {
    return this.kind.endsWith('time') ? interpolate(this.#steps, this.#seconds, step) ?? 0
      : this.kind === 'relative-step' ? step - this.#first : step;
  }

  step(x) {
    return this.kind.endsWith('time') ? interpolate(this.#seconds, this.#steps, x) ?? 0
      : this.kind === 'relative-step' ? x + this.#first : x;
  }

  /** How its numbers are written; undefined where the chart knows better: dates. */
  get tick() {
    return this.isTime ? undefined : this.kind === 'relative-time' ? duration : tick;
  }

  /** A place on it in words. */
  words(x) {
    return this.isTime ? new Date(1000 * x).toLocaleString()
      : this.kind === 'relative-time' ? `after ${duration(x)}`
        : this.kind === 'relative-step' ? `step ${count(x)} since the first` : `step ${count(x)}`;
  }
}
