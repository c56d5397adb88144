// The net currents as a matrix, and the cycles that they decompose into.

import { number, reason } from './format.js';

const CYCLES = 5;
const MARKED_CYCLES = 3;
const LABELLED_STATES = 4;
const MOST_STATES = 400; // one for each pixel of its side

/**
 * The net current of each pair of states, from the counts of the window; from its strongest
 * currents where the counts were too many to be published.
 *
 * @return {states: ascending, currents: [{from, to, value > 0}], more: what is left out, in words}
 */
export function netCurrents(chain) {
  const all = chain.states;
  const weight = new Float64Array(all);
  let currents = chain.currents.filter(({ value }) => value > 0);
  if (chain.counts) {
    const net = new Map();
    let total = 0;
    for (const [from, to, times] of chain.counts) {
      total += times;
      weight[from] += times;
      if (from !== to) {
        const pair = Math.min(from, to) * all + Math.max(from, to);
        net.set(pair, (net.get(pair) ?? 0) + (from < to ? times : -times));
      }
    }
    currents = [...net].filter(([, times]) => times !== 0).map(([pair, times]) => {
      const [low, high] = [Math.floor(pair / all), pair % all];
      return times > 0 ? { from: low, to: high, value: times / total } : { from: high, to: low, value: -times / total };
    });
  } else {
    currents.forEach(({ from, to, value }) => {
      weight[from] += value;
      weight[to] += value;
    });
  }
  const states = Array.from({ length: all }, (_, state) => state)
    .sort((a, b) => weight[b] - weight[a]).slice(0, MOST_STATES).sort((a, b) => a - b);
  return {
    states,
    currents,
    more: [
      ...(chain.counts ? [] : [`The window has too many pairs for its counts to be published: the ${currents.length} strongest of ${chain.currentsTotal} currents.`]),
      ...(states.length < all ? [`The ${states.length} busiest of ${all} states.`] : []),
    ].join(' '),
  };
}

/** A heat map: a row is the state that is left, a column the state that is entered. */
export function drawMatrix(canvas, { states, currents }, words) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const many = states.length;
  const width = canvas.clientWidth;
  const margin = 26;
  const cell = Math.max(1, (width - margin) / Math.max(1, many));
  const place = new Map(states.map((state, i) => [state, i]));
  const strongest = currents.reduce((most, { value }) => Math.max(most, value), 0);
  canvas.width = width * devicePixelRatio;
  canvas.height = width * devicePixelRatio;
  canvas.setAttribute('aria-label', words);
  const context = canvas.getContext('2d');
  context.scale(devicePixelRatio, devicePixelRatio);
  const gap = cell > 6 ? 1 : 0;
  const square = (row, column, fill, alpha) => {
    context.globalAlpha = alpha;
    context.fillStyle = fill;
    context.fillRect(margin + column * cell, margin + row * cell, cell - gap, cell - gap);
  };
  context.fillStyle = color('grid');
  context.fillRect(margin, margin, many * cell - gap, many * cell - gap);
  for (let i = 0; i < many; i += 1) {
    square(i, i, color('card'), 1);
    if (gap) {
      context.fillRect(margin + (i + 1) * cell - gap, margin, gap, many * cell);
      context.fillRect(margin, margin + (i + 1) * cell - gap, many * cell, gap);
    }
  }
  for (const { from, to, value } of currents) {
    if (place.has(from) && place.has(to)) {
      square(place.get(from), place.get(to), color('blue'), value / strongest);
      square(place.get(to), place.get(from), color('orange'), value / strongest);
    }
  }
  context.globalAlpha = 1;
  context.fillStyle = color('muted');
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const every = Math.ceil(20 / cell);
  for (let i = 0; i < many; i += every) {
    context.fillText(states[i], margin + (i + 0.5) * cell, margin / 2);
    context.fillText(states[i], margin / 2, margin + (i + 0.5) * cell);
  }
}

/** The strongest cycles: the way, the current around, what one turn produces, the share of EP. */
export function fillCycles(table, chain) {
  const cycles = judged(chain) ? chain.cycles : [];
  // Weight times affinity sums to the entropy production of the flux, over all cycles.
  const listed = cycles.reduce((sum, cycle) => sum + cycle.flux * cycle.affinity, 0);
  const whole = chain.cyclesEntropyShare > 0 ? listed / chain.cyclesEntropyShare : null;
  // A step that is never made backwards makes the affinity, and all entropy production, infinite.
  table.hidden = cycles.length === 0;
  table.tBodies[0].replaceChildren(...cycles.slice(0, CYCLES).map((cycle, i) => {
    const row = document.createElement('tr');
    const share = whole === null ? null : (100 * cycle.flux * cycle.affinity) / whole;
    const texts = [way(cycle), number(cycle.flux), cycle.affinity === null ? '∞' : number(cycle.affinity), share === null ? '–' : `${number(share, 2)} %`];
    texts.forEach((text) => {
      row.insertCell().textContent = text;
    });
    row.cells[0].title = cycle.states?.join(' → ') ?? '';
    if (i < MARKED_CYCLES && cycle.states) {
      row.dataset.cycle = i + 1;
      row.cells[0].prepend(document.createElement('i'));
    }
    return row;
  }));
}

/**
 * The steps of the strongest cycles: 'from>to' to the rank of the strongest that goes there, from
 * 1; empty where nothing can be said of cycles.
 */
export function strongestCycles(chain) {
  const ranks = new Map();
  (judged(chain) ? chain.cycles : []).slice(0, MARKED_CYCLES).forEach(({ states }, rank) => {
    states?.forEach((state, i) => {
      const step = `${state}>${states[(i + 1) % states.length]}`;
      ranks.set(step, ranks.get(step) ?? rank + 1);
    });
  });
  return ranks;
}

// Of chains that hardly move, or too few of them, the decomposition says nothing.
function judged(chain) {
  return chain.window && !reason(chain.window.status);
}

function way({ states, length }) {
  if (!states) {
    return `${length} states`;
  }
  return states.length > 2 * LABELLED_STATES
    ? `${states.slice(0, LABELLED_STATES).join(' → ')} → … (${length} states)`
    : [...states, states[0]].join(' → ');
}
