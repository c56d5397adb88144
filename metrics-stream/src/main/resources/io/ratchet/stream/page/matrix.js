// The net currents as a matrix, and the cycles that they decompose into.

import { number, reason } from './format.js';

const CYCLES = 5;
const LABELLED_STATES = 4;

/** A heat map: a row is the state that is left, a column the state that is entered. */
export function drawMatrix(canvas, states, currents, words) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const many = states.length;
  const width = canvas.clientWidth;
  const margin = 26;
  const cell = Math.max(1, (width - margin) / Math.max(1, many));
  const place = new Map(states.map((state, i) => [state, i]));
  const strongest = currents[0]?.value ?? 0;
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
  for (let row = 0; row < many; row += 1) {
    for (let column = 0; column < many; column += 1) {
      if (row !== column) {
        square(row, column, color('grid'), 1);
      }
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
  table.tBodies[0].replaceChildren(...cycles.slice(0, CYCLES).map((cycle) => {
    const row = document.createElement('tr');
    const share = whole === null ? null : (100 * cycle.flux * cycle.affinity) / whole;
    const texts = [way(cycle), number(cycle.flux), cycle.affinity === null ? '∞' : number(cycle.affinity), share === null ? '–' : `${number(share, 2)} %`];
    texts.forEach((text) => {
      row.insertCell().textContent = text;
    });
    row.cells[0].title = cycle.states?.join(' → ') ?? '';
    return row;
  }));
}

/** The steps of the strongest cycle as 'from>to', empty where nothing can be said of cycles. */
export function strongestCycle(chain) {
  const states = judged(chain) ? chain.cycles[0]?.states ?? [] : [];
  return new Set(states.map((state, i) => `${state}>${states[(i + 1) % states.length]}`));
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
