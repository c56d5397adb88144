// The latent states as a ring, and the net currents between them as arrows.

import { number } from './format.js';
import { strongestCycles } from './matrix.js';

const SVG = 'http://www.w3.org/2000/svg';
const SIZE = 460;
const CENTER = SIZE / 2;
const MOST_STATES = 48;
const MOST_ARROWS = 60;
const LABELS = 5;
const TABLE_ROWS = 100;

function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  parent?.append(element);
  return element;
}

export class ChainGraph {
  #order = [];

  /** Forgets the order of the states: another run is shown. */
  reset() {
    this.#order = [];
  }

  /** @param images map of a state to the address of its mean image; may be empty */
  draw(element, chain, caption, table, images) {
    const frozen = chain.window?.status === 'frozen';
    const currents = (chain.currents ?? []).filter((current) => current.value > 0);
    const shares = chain.stationaryDistribution;
    const svg = make('svg', { viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'img' });
    const title = make('title', {}, svg);
    if (!chain.window) {
      title.textContent = 'No window has closed yet';
      make('text', { x: CENTER, y: CENTER, class: 'word' }, svg).textContent = 'not enough data yet';
      caption.textContent = 'The graph appears when the first window closes.';
      element.replaceChildren(svg);
      fill(table, []);
      return;
    }
    const states = this.#shown(chain, currents, shares);
    const strongest = currents[0];
    title.textContent = strongest
      ? `Ring of ${states.length} of ${chain.states} latent states with their net currents; the strongest goes from ${strongest.from} to ${strongest.to}, ${number(strongest.value)} per transition`
      : `Ring of ${states.length} of ${chain.states} latent states; no net current`;
    const places = place(states, shares, chain.states, images.size > 0);
    const edges = make('g', {}, svg);
    const nodes = make('g', {}, svg);
    const labels = make('g', {}, svg);
    const turning = strongestCycles(chain);
    const rankOf = ({ from, to }) => turning.get(`${from}>${to}`);
    const drawn = currents.filter((c, i) => i < MOST_ARROWS || rankOf(c)).filter((c) => places.has(c.from) && places.has(c.to));
    [...drawn].reverse().forEach((current) => {
      const rank = currents.indexOf(current);
      const edge = arrow(edges, labels, current, places, strongest.value, rank < LABELS, states.length);
      if (rankOf(current)) {
        edge.dataset.cycle = rankOf(current);
      }
    });
    for (const state of states) {
      node(nodes, state, places.get(state), shares?.[state], images.get(state));
    }
    if (frozen) {
      make('text', { x: CENTER, y: CENTER, class: 'word' }, svg)
        .textContent = 'frozen: the chains hardly move';
    }
    element.replaceChildren(svg);
    const left = chain.currentsTotal - drawn.length;
    caption.textContent = `Steps ${chain.window.fromStep}–${chain.window.toStep}. Width: net current; `
      + 'size of a state: its stationary probability; beside an arrow: net current ± standard error; dashed grey: within two of them of 0.'
      + (images.size > 0 ? ' In a state: the mean of recent samples made from it.' : '')
      + (turning.size > 0 ? ' Orange, green dashed, purple dotted: the strongest cycles, as listed.' : '')
      + (left > 0 ? ` ${left} weaker currents are not drawn.` : '')
      + (states.length < chain.states ? ` ${states.length} of ${chain.states} states are drawn.` : '');
    fill(table, currents);
  }

  /** Which states are drawn, in the order around the ring. */
  #shown(chain, currents, shares) {
    let all = Array.from({ length: chain.states }, (_, state) => state);
    if (all.length > MOST_STATES) {
      const weight = new Map();
      currents.forEach(({ from, to, value }) => {
        weight.set(from, (weight.get(from) ?? 0) + value);
        weight.set(to, (weight.get(to) ?? 0) + value);
      });
      all.sort((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0) || (shares?.[b] ?? 0) - (shares?.[a] ?? 0));
      all = all.slice(0, MOST_STATES).sort((a, b) => a - b);
    }
    // Walking along the strongest currents puts cycles onto the rim. The order stays until another
    // is clearly better, so that the picture does not jump from window to window.
    const walked = walk(all, currents);
    const same = this.#order.length === all.length && all.every((state) => this.#order.includes(state));
    if (!same || rim(walked, currents) > 1.5 * rim(this.#order, currents)) {
      this.#order = walked;
    }
    return this.#order;
  }
}

function walk(states, currents) {
  const left = new Set(states);
  const order = [];
  const take = (state) => {
    left.delete(state);
    order.push(state);
    return state;
  };
  while (left.size > 0) {
    const start = currents.find((c) => left.has(c.from) && left.has(c.to));
    let at = take(start ? start.from : [...left][0]);
    for (let next = start; next; next = currents.find((c) => c.from === at && left.has(c.to))) {
      at = take(next.to);
    }
  }
  return order;
}

/** Net current along the rim of the ring. */
function rim(order, currents) {
  const place = new Map(order.map((state, i) => [state, i]));
  return currents
    .filter((c) => (place.get(c.from) + 1) % order.length === place.get(c.to))
    .reduce((sum, c) => sum + c.value, 0);
}

function place(states, shares, all, pictured) {
  const many = states.length;
  const radius = CENTER - 48;
  const largest = Math.min(pictured ? 30 : 26, (Math.PI * radius) / Math.max(many, 4) - 3);
  const least = pictured ? 18 : 11;
  const places = new Map();
  states.forEach((state, i) => {
    const angle = (2 * Math.PI * i) / many - Math.PI / 2;
    const share = shares?.[state] ?? 1 / all;
    const size = Math.max(Math.min(least, largest), Math.min(largest, (pictured ? 24 : 15) * Math.sqrt(share * all)));
    places.set(state, { x: CENTER + radius * Math.cos(angle), y: CENTER + radius * Math.sin(angle), size, many });
  });
  return places;
}

function arrow(parent, labels, current, places, strongest, labelled, many) {
  const a = places.get(current.from);
  const b = places.get(current.to);
  const share = current.value / strongest;
  const width = 0.7 + 8.3 * share;
  const unsure = current.standardError !== null && current.value < 2 * current.standardError;
  const edge = make('g', { class: unsure ? 'edge unsure' : 'edge', opacity: 0.12 + 0.88 * Math.sqrt(share) }, parent);
  // Bent to its right, so that arrows on the rim and across it keep apart.
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = Math.hypot(dx, dy) || 1;
  const bend = many > 2 ? 0.16 : 0.3;
  const mid = { x: (a.x + b.x) / 2 + dy * bend, y: (a.y + b.y) / 2 - dx * bend };
  const start = towards(a, mid, a.size + 3);
  const head = Math.max(7, 5 + 1.5 * width);
  const tip = towards(b, mid, b.size + 3);
  const neck = towards(b, mid, b.size + 3 + Math.min(head, length / 3));
  make('path', { class: 'arrow', d: `M${start.x} ${start.y} Q${mid.x} ${mid.y} ${neck.x} ${neck.y}`, 'stroke-width': width }, edge);
  const ux = (tip.x - neck.x) / (Math.hypot(tip.x - neck.x, tip.y - neck.y) || 1);
  const uy = (tip.y - neck.y) / (Math.hypot(tip.x - neck.x, tip.y - neck.y) || 1);
  const half = Math.max(3.2, width * 0.95);
  make('path', {
    class: 'tip',
    d: `M${tip.x} ${tip.y} L${neck.x - uy * half} ${neck.y + ux * half} L${neck.x + uy * half} ${neck.y - ux * half}Z`,
  }, edge);
  make('title', {}, edge).textContent = `${current.from} → ${current.to}: ${withError(current, 3)}`;
  if (labelled) {
    // Beside the arrow, on the outer side of its bend; the error below, where there is room for it.
    const away = (12 + width / 2) / Math.hypot(dx, dy || 1);
    const x = (start.x + 2 * mid.x + neck.x) / 4 + 1.5 * dy * away;
    const y = (start.y + 2 * mid.y + neck.y) / 4 - 1.3 * dx * away;
    const label = make('text', { x, y, class: 'label' }, labels);
    const [value, error] = withError(current, 2).split(' ± ');
    label.textContent = value;
    if (error) {
      label.setAttribute('y', y - 6);
      make('tspan', { x, dy: 12 }, label).textContent = `± ${error}`;
    }
  }
  return edge;
}

function withError({ value, standardError }, digits) {
  return `${number(value, digits)}${standardError === null ? '' : ` ± ${number(standardError, 2)}`}`;
}

function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return {
    x: from.x + ((to.x - from.x) * distance) / length,
    y: from.y + ((to.y - from.y) * distance) / length,
  };
}

function node(parent, state, at, share, image) {
  const group = make('g', { class: 'node' }, parent);
  make('circle', { cx: at.x, cy: at.y, r: at.size }, group);
  if (image && at.size >= 12) {
    const side = 1.44 * at.size; // the square that fits into the circle, a little more: corners are empty
    make('image', { href: image, x: at.x - side / 2, y: at.y - side / 2, width: side, height: side }, group);
    const out = (at.size + 11) / (Math.hypot(at.x - CENTER, at.y - CENTER) || 1);
    make('text', { x: at.x + (at.x - CENTER) * out, y: at.y + (at.y - CENTER) * out, class: 'outside' }, group).textContent = state;
  } else if (at.size >= 8) {
    make('text', { x: at.x, y: at.y }, group).textContent = state;
  }
  make('title', {}, group).textContent = `state ${state}`
    + (share === undefined || share === null ? '' : `, stationary probability ${number(share)}`);
}

function fill(table, currents) {
  table.tBodies[0].replaceChildren(...currents.slice(0, TABLE_ROWS).map((current) => {
    const row = document.createElement('tr');
    for (const text of [current.from, current.to, number(current.value), number(current.standardError, 2)]) {
      row.insertCell().textContent = text;
    }
    return row;
  }));
}
