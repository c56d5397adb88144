// The live page: which view is shown, and where what comes from the stream is put in it.

import { drawAbout } from './about.js';
import { AXES, HALF_LIVES, read, write } from './address.js';
import { ChainGraph } from './chain.js';
import { CHARTS, Charts } from './charts.js';
import { Compare } from './compare.js';
import { drawFigures, figuresOf, standing, warningsOf } from './figures.js';
import { count, duration, number } from './format.js';
import { between, drawHistory, drawSamples, means, picture } from './images.js';
import { Live, Table } from './live.js';
import { drawMatrix, fillCycles, netCurrents } from './matrix.js';
import { Runs } from './runs.js';
import { say } from './said.js';
import { Source } from './source.js';
import { Windows } from './windows.js';

const HISTORY_REST = 3000;
let loading = { timer: 0, again: false };

const $ = (id) => document.getElementById(id);

let address = read(location.search);
const tables = { updates: new Table(), windows: new Table() };
const shown = { runs: null, summary: null, run: null, chain: null, samples: null, history: null, at: null };

const charts = new Charts($('charts'), CHARTS, 'steps', (range) => go({ from: range?.[0] ?? null, to: range?.[1] ?? null }, true));
const graph = new ChainGraph();
const windows = new Windows($('windows'), showChain);
const runs = new Runs($('view-runs'), go, link);
const compare = new Compare($('view-compare'));

const live = new Live({
  connection(state) {
    $('live').dataset.live = state;
    $('live').textContent = state;
  },
  runs(list) {
    shown.runs = list.runs;
    listRuns();
  },
  run(run) {
    announce(shown.run, run);
    shown.run = run;
    describe(run);
    charts.mark({ alerts: run.alerts, attempts: run.attempts });
    drawSamplesNow();
    figures();
  },
  series(series) {
    tables.updates.merge(series.updates);
    tables.windows.merge(series.windows);
    charts.sources[0].released = series.released;
    charts.advance();
    figures();
  },
  chain(chain) {
    windows.newest(chain);
  },
  samples(samples) {
    shown.samples = samples;
    loadHistory();
    drawSamplesNow();
  },
});

/** The address of the present state with some changes. */
function link(changes) {
  return write({ ...address, ...changes });
}

/** Changes what is looked at; in place, or as a step that the browser's back takes back. */
function go(changes, inPlace = false) {
  const before = address;
  address = { ...address, ...changes };
  history[inPlace ? 'replaceState' : 'pushState'](null, '', write(address));
  arrive(before);
}

/** Puts the address into effect. */
function arrive(before) {
  const { view } = address;
  const other = before?.view !== view;
  for (const name of ['runs', 'compare']) {
    $(`view-${name}`).hidden = view !== name;
    $(`to-${name}`).toggleAttribute('aria-current', view === name);
  }
  if (view !== 'runs') {
    $(view === 'run' ? 'run' : 'view-compare').querySelector('.slot').append($('arrange'));
  }
  $('windows').closest('.windows-row').hidden = view !== 'run';
  $('x').value = address.x;
  $('smooth').value = address.smooth;
  if (view === 'compare' && (other || ['with', 'x', 'smooth'].some((name) => String(before[name]) !== String(address[name])))) {
    compare.show(address);
  } else if (other && before?.view === 'compare') {
    compare.show(null);
  }
  if (view === 'run' && (other || before.run !== address.run)) {
    select(address.run);
  } else if (view !== 'run' && (!before || before.view === 'run')) {
    forget(null);
    live.follow(null);
  }
  if (view === 'run') {
    charts.arrange(address.x, address.smooth);
  } else {
    document.title = `${view === 'runs' ? 'Runs' : 'Compare'} · Ratchet`;
  }
  listRuns();
}

function select(id) {
  forget(id);
  windows.follow(id, address.at);
  live.follow(id);
  if (id) {
    name(id);
  }
}

/** Empties the view of a run. */
function forget(id) {
  Object.assign(shown, { summary: null, run: null, chain: null, samples: null, history: null, at: null });
  tables.updates.clear();
  tables.windows.clear();
  graph.reset();
  const range = address.from !== null && id === address.run ? [address.from, address.to] : null;
  charts.follow(id ? [new Source(id, tables)] : [], range);
  clearTimeout(loading.timer);
  loading = { timer: 0, again: false };
  $('samples').replaceChildren();
  $('over-steps').tBodies[0].replaceChildren();
}

function name(id) {
  $('name').textContent = id;
  document.title = `${id} · Ratchet`;
}

function listRuns() {
  const list = shown.runs;
  if (!list) {
    return;
  }
  const none = list.length === 0;
  const given = address.view === 'run' && address.run !== null;
  const known = given && list.some((run) => run.run === address.run);
  $('empty').hidden = !none || given;
  $('runs').disabled = none;
  unknown(given && !known);
  if (none && !given) {
    $('run').hidden = true;
    $('state').hidden = true;
    return;
  }
  const options = list.map((run) => ({ id: run.run, text: `${run.run} · ${run.state}` }));
  const picker = $('runs');
  if (address.view !== 'run' || (given && !known)) {
    options.unshift({ id: '', text: 'choose a run' });
  }
  if (JSON.stringify(options) !== picker.dataset.options) {
    picker.dataset.options = JSON.stringify(options);
    picker.replaceChildren(...options.map(({ id, text }) => new Option(text, id)));
  }
  if (address.view === 'runs') {
    runs.draw(list, address);
  }
  if (address.view !== 'run') {
    picker.value = '';
    return;
  }
  if (given && !known) {
    picker.value = '';
    return; // it may come yet: of a stream that was just started anew, no run is known at first
  }
  if (!given) {
    address = { ...address, run: list[0].run, at: null, from: null, to: null };
    select(address.run);
    $('run').hidden = false;
    $('state').hidden = false;
  }
  name(address.run);
  picker.value = address.run;
  shown.summary = list.find((run) => run.run === address.run);
  $('state').dataset.state = shown.summary.state;
  $('state').textContent = shown.summary.state;
  figures();
}

/** Whether the run of the address is one that the stream has not heard of, in the place of its view. */
function unknown(is) {
  $('run').hidden = is || address.view !== 'run';
  $('state').hidden = is || address.view !== 'run';
  $('unknown').hidden = !is;
  if (is) {
    $('unknown').querySelector('h1').textContent = `Run ${address.run} is not known (yet)`;
  }
}

/** Everything that belongs to one window: the newest, or one of the past. */
function showChain(chain, at) {
  shown.chain = chain;
  if (shown.at !== at) {
    shown.at = at;
    charts.mark({ at });
    if (address.at !== at) {
      address = { ...address, at };
      history.replaceState(null, '', write(address));
    }
    loadHistory();
  }
  drawChain();
  figures();
  drawSamplesNow();
}

function drawChain() {
  const { chain } = shown;
  if (!chain) {
    return;
  }
  graph.draw($('chain'), chain, $('chain-caption'), $('currents'), stateImages());
  fillCycles($('cycles'), chain);
  drawMatrixNow();
}

let pictures = { key: '', images: new Map() };

/** The mean image of each state in the steps of the window that is shown, as addresses. */
function stateImages() {
  const { chain, history: kept } = shown;
  if (!kept || !chain?.window || kept.visible === 0) {
    return new Map();
  }
  const samples = between(kept.samples, chain.window.fromStep, chain.window.toStep);
  const key = `${document.documentElement.dataset.theme} ${address.run} ${samples.map((each) => each.step)}`;
  if (key !== pictures.key) {
    const images = [...means(samples, kept.visible)].map(([state, { mean }]) => [state, picture(mean, kept.width, kept.height)]);
    pictures = { key, images: new Map(images) };
  }
  return pictures.images;
}

/** Asks for the samples over the steps, at most once in a while; what is asked meanwhile, after it. */
function loadHistory() {
  if (loading.timer) {
    loading.again = true;
  } else if (address.view === 'run' && address.run) {
    loading.timer = setTimeout(() => {
      const { again } = loading;
      loading = { timer: 0, again: false };
      if (again) {
        loadHistory();
      }
    }, HISTORY_REST);
    const run = address.run;
    fetch(`api/v1/run/${encodeURIComponent(run)}/sample-history`).then(async (answer) => {
      if (answer.ok && run === address.run) {
        shown.history = await answer.json();
        drawChain();
        drawSamplesNow();
      }
    }).catch(() => null); // the stream is away: asked again with the next samples
  }
}

function figures() {
  const { summary, chain } = shown;
  if (!summary) {
    return;
  }
  const window_ = chain?.window ?? null;
  drawFigures($('figures'), figuresOf(summary, tables.updates, window_, shown.at));
  const level = window_?.entropyProduction?.level ?? 0.95;
  $('covers').textContent = window_
    ? `Figures of the window of steps ${window_.fromStep}–${window_.toStep}, ${count(window_.transitions)} transitions of ${window_.groups} groups of chains; intervals at ${number(100 * level, 2)} %.${lag(window_)}`
    : chain ? 'The first window has not closed yet.' : 'Waiting for the stream.';
  const warnings = warningsOf(window_);
  const alerts = standing(window_);
  $('warnings').hidden = alerts.length + warnings.length === 0;
  $('warnings').replaceChildren(...[...alerts, ...warnings].map((text, i) => {
    const item = document.createElement('li');
    item.textContent = text;
    item.className = i < alerts.length ? 'alert' : '';
    return item;
  }));
}

/** How far the window that is shown lags behind training. */
function lag(window_) {
  const { step } = tables.updates;
  const last = step.at(-1);
  if (shown.at !== null || step.length === 0) {
    return ''; // of a sampler that sends no updates nothing is known of training
  }
  if (last <= window_.toStep) {
    return ' Training has not gone on since.';
  }
  const times = tables.updates.column('timeMillis.max') ?? [];
  const row = step.findIndex((each) => each >= window_.toStep);
  const seconds = (times.at(-1) - times[row]) / 1000;
  return ` Training is ${count(last - window_.toStep)} steps${Number.isFinite(seconds) && seconds > 0 ? ` (${duration(seconds)})` : ''} ahead.`;
}

function describe(run) {
  const parts = [run.model, run.data, run.states ? `${run.states} states` : '', run.chains ? `${run.chains} chains` : '',
    run.expectation ? `expected ${run.expectation}` : '', run.attempt > 1 ? `attempt ${run.attempt}` : '', run.tags.map((tag) => `#${tag}`).join(' ')];
  $('made').textContent = parts.filter(Boolean).join(' · ');
  drawAbout($('about'), run);
  const ahead = run.attempts.filter(({ attempt }) => attempt > 1);
  const told = [
    ...run.alerts.slice(-5).map((alert) => `${alert.action === 'raised' ? '▼' : alert.action === 'resolved' ? '▽' : '·'} ${alert.kind} ${alert.action} at step ${count(alert.toStep)}`),
    ...ahead.slice(-3).map(({ attempt, startStep }) => `┊ attempt ${attempt} from step ${count(startStep)}`),
  ];
  $('marks').hidden = told.length === 0;
  $('marks').textContent = told.join('   ');
}

/** Says which alerts have come since the run was told of before. */
function announce(before, run) {
  if (before?.run === run.run) {
    const known = new Set(before.alerts.map((alert) => JSON.stringify(alert)));
    const fresh = run.alerts.filter((alert) => !known.has(JSON.stringify(alert)));
    if (fresh.length > 0) {
      say(fresh.map((alert) => `Alert: ${alert.kind} ${alert.action} at step ${count(alert.toStep)}. ${alert.message}`).join(' '));
    }
  }
}

function drawSamplesNow() {
  const { run, history: kept, at } = shown;
  const samples = at === null ? shown.samples : kept && between(kept.samples, 0, at).at(-1);
  const shape = at === null ? shown.samples : kept;
  const any = Boolean(samples?.images);
  $('samples').hidden = !any;
  $('samples-step').textContent = any ? `step ${count(samples.step)}` : '';
  $('samples-caption').textContent = any
    ? 'One image of each of the first chains; below, its latent state and the class that the class reader sees.'
    : at === null ? 'No samples have been published yet.' : 'No samples of these steps are kept.';
  if (any) {
    drawSamples($('samples'), samples, shape, run?.classNames ?? []);
  }
  $('over-steps-part').hidden = !(kept?.samples.length > 1);
  if ($('over-steps-part').open && kept) {
    drawHistory($('over-steps'), kept.samples, kept, 10, 10);
  }
}

/** Only where it can be seen; the picture's title says what it shows. */
function drawMatrixNow() {
  const { chain } = shown;
  if ($('matrix-part').open && chain?.window) {
    const net = netCurrents(chain);
    drawMatrix($('matrix'), net, `Matrix of ${net.states.length} by ${net.states.length} states. ${$('chain').querySelector('title').textContent}`);
    $('matrix-more').textContent = net.more;
  }
}

function repaint() {
  charts.recolor();
  compare.recolor();
  pictures.key = '';
  drawChain();
  drawSamplesNow();
}

$('runs').addEventListener('change', (event) => {
  if (event.target.value) {
    go({ view: 'run', run: event.target.value, at: null, from: null, to: null }, address.view === 'run');
  }
});

for (const [value, text] of Object.entries(AXES)) {
  $('x').append(new Option(text, value));
}
for (const halfLife of HALF_LIVES) {
  $('smooth').append(new Option(halfLife ? `half-life ${count(halfLife)} steps` : 'none', halfLife));
}
$('x').addEventListener('change', () => go({ x: $('x').value }, true));
$('smooth').addEventListener('change', () => go({ smooth: Number($('smooth').value) }, true));

// Links within the page change the view without loading it again.
document.addEventListener('click', (event) => {
  const target = event.target.closest('a[href]');
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) {
    return;
  }
  const to = new URL(target.href);
  if (to.origin === location.origin && to.pathname === location.pathname && !to.hash) {
    event.preventDefault();
    const { view, run, with: others } = read(to.search);
    go({ view, run, with: others.length > 0 ? others : address.with, at: null, from: null, to: null });
    scrollTo(0, 0);
  }
});

addEventListener('popstate', () => {
  const before = address;
  address = read(location.search);
  arrive(before);
});

$('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try {
    localStorage.setItem('ratchet.theme', root.dataset.theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  repaint();
});

$('matrix-part').addEventListener('toggle', drawMatrixNow);
$('over-steps-part').addEventListener('toggle', drawSamplesNow);
new ResizeObserver(drawMatrixNow).observe($('matrix-part'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
setInterval(figures, 1000);

arrive(null);
