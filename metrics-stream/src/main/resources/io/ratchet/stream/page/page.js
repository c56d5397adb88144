// The live page: puts what comes from the stream into its place.

import { ChainGraph } from './chain.js';
import { Charts } from './charts.js';
import { ago, count, interval, number, reason } from './format.js';
import { Live, Table } from './live.js';
import { drawMatrix, fillCycles } from './matrix.js';
import { drawSamples } from './samples.js';

const $ = (id) => document.getElementById(id);

const tables = { updates: new Table(), windows: new Table() };
const charts = new Charts($('charts'), tables);
const graph = new ChainGraph();
const shown = { id: new URLSearchParams(location.search).get('run'), summary: null, run: null, chain: null, samples: null };

const live = new Live({
  connection(state) {
    $('live').dataset.live = state;
    $('live').textContent = state;
  },
  runs({ runs }) {
    listRuns(runs);
  },
  run(run) {
    shown.run = run;
    describe(run);
    drawSamplesNow();
    figures();
  },
  series(series) {
    tables.updates.merge(series.updates);
    tables.windows.merge(series.windows);
    charts.update();
    figures();
  },
  chain(chain) {
    shown.chain = chain;
    graph.draw($('chain'), chain, $('chain-caption'), $('currents'));
    fillCycles($('cycles'), chain);
    drawMatrixNow();
    figures();
  },
  samples(samples) {
    shown.samples = samples;
    drawSamplesNow();
  },
});

function select(id) {
  shown.id = id;
  shown.run = null;
  shown.chain = null;
  shown.samples = null;
  tables.updates.clear();
  tables.windows.clear();
  graph.reset();
  charts.zoom(null);
  $('samples').replaceChildren();
  $('name').textContent = id;
  document.title = `${id} · Ratchet`;
  live.follow(id);
}

function listRuns(runs) {
  const none = runs.length === 0;
  $('empty').hidden = !none;
  $('run').hidden = none;
  $('runs').disabled = none;
  if (none) {
    return;
  }
  if (!runs.some((run) => run.run === shown.id)) {
    shown.id = null;
  }
  const options = runs.map((run) => ({ id: run.run, text: `${run.run} · ${run.state}` }));
  const select_ = $('runs');
  if (JSON.stringify(options) !== select_.dataset.options) {
    select_.dataset.options = JSON.stringify(options);
    select_.replaceChildren(...options.map(({ id, text }) => new Option(text, id)));
  }
  if (shown.id === null) {
    select(runs[0].run);
  } else if ($('name').textContent !== shown.id) {
    $('name').textContent = shown.id;
    document.title = `${shown.id} · Ratchet`;
  }
  select_.value = shown.id;
  shown.summary = runs.find((run) => run.run === shown.id);
  const state = $('state');
  state.hidden = false;
  state.dataset.state = shown.summary.state;
  state.textContent = shown.summary.state;
  figures();
}

/** The key figures; each a name, a number or the reason why there is none, and its interval. */
function figures() {
  const { summary, chain } = shown;
  if (!summary) {
    return;
  }
  const window_ = chain?.window ?? null;
  const step = Math.max(summary.step, (tables.updates.step.at(-1) ?? -1) + 1);
  const likelihood = lastOf(tables.updates, 'logLikelihood.mean') ?? summary.logLikelihood;
  const p = window_?.reversibilityTest?.pValue ?? null;
  const rows = [
    { name: 'Step', value: count(step), more: summary.updates ? `of ${count(summary.updates)}` : '', share: summary.updates ? step / summary.updates : null },
    { name: 'Updates per second', value: number(summary.updatesPerSecond), more: summary.state === 'running' ? 'over the last 5 s' : `heard of ${ago(Date.now() - summary.activeMillis)} ago` },
    { name: 'Log-likelihood', value: number(likelihood, 5), more: 'nats per example' },
    estimate('EP, counts', window_?.entropyProduction, 'nats per transition'),
    estimate('EP, soft', window_?.softEntropyProduction, 'nats per transition'),
    estimate('EP, path', window_?.pathEntropyProduction, 'nats per transition'),
    estimate('Self-transition', window_?.selfTransitionProbability, 'share of transitions'),
    { name: 'Reversible?', value: p === null ? '–' : `p ${p < 0.001 ? '< 0.001' : `= ${+p.toPrecision(2)}`}`, more: window_?.reversibilityTest ? `${window_.reversibilityTest.method} test` : 'no test yet' },
  ];
  const list = $('figures');
  rows.forEach((row, i) => {
    const box = list.children[i] ?? list.appendChild(emptyFigure());
    const [name, value, more] = box.children;
    name.textContent = row.name;
    value.textContent = row.value;
    value.className = row.word ? 'value word' : 'value';
    more.textContent = row.more;
    more.title = row.more;
    let bar = box.querySelector('progress');
    if (row.share !== undefined && row.share !== null) {
      bar ??= box.appendChild(document.createElement('dd')).appendChild(document.createElement('progress'));
      bar.setAttribute('aria-label', 'share of the updates asked for');
      bar.value = Math.min(1, row.share);
    } else {
      bar?.parentElement.remove();
    }
  });
  const level = window_?.entropyProduction?.level ?? 0.95;
  $('covers').textContent = window_
    ? `Figures of the window of steps ${window_.fromStep}–${window_.toStep}, ${count(window_.transitions)} transitions of ${window_.groups} groups of chains; intervals at ${number(100 * level, 2)} %.`
    : chain ? 'The first window has not closed yet.' : 'Waiting for the stream.';
  const warnings = [...(window_?.warnings ?? [])];
  if (window_?.gaps) {
    warnings.push(`${count(window_.gaps)} sweeps of this window are missing.`);
  }
  if (window_?.missingWorkers?.length) {
    warnings.push(`Workers ${window_.missingWorkers.join(', ')} are missing from this window.`);
  }
  const alerts = standing(window_);
  $('warnings').hidden = alerts.length + warnings.length === 0;
  $('warnings').replaceChildren(...[...alerts, ...warnings].map((text, i) => {
    const item = document.createElement('li');
    item.textContent = text;
    item.className = i < alerts.length ? 'alert' : '';
    return item;
  }));
}

/** What the detector has raised, in words. */
function standing(window_) {
  const verdict = window_?.verdict;
  const alerts = [];
  if (verdict?.alarm) {
    alerts.push(window_.expectation === 'reversible'
      ? 'Alert: currents in a chain that should have none; a broken sampler or a wrong unit of observation.'
      : `Alert: collapsed to reversibility, entropy production below the floor of ${number(window_.floor)} nats per transition.`);
  }
  if (verdict?.frozen) {
    alerts.push('Alert: frozen, the chains hardly move; nothing can be said of their reversibility.');
  }
  return alerts;
}

function estimate(name, given, unit) {
  if (!given) {
    return { name, value: '–', more: unit };
  }
  const why = reason(given.status);
  if (why) {
    return { name, value: why, word: true, more: unit };
  }
  const sign = given.status === 'lower-bound' ? '≥ ' : '';
  return { name, value: sign + number(given.value), more: interval(given.lower, given.upper) || unit };
}

function emptyFigure() {
  const box = document.createElement('div');
  box.className = 'figure';
  const value = document.createElement('dd');
  const more = document.createElement('dd');
  more.className = 'more';
  box.append(document.createElement('dt'), value, more);
  return box;
}

function lastOf(table, name) {
  return table.column(name)?.at(-1) ?? null;
}

function describe(run) {
  const parts = [run.model, run.data, run.states ? `${run.states} states` : '', run.chains ? `${run.chains} chains` : '',
    run.expectation ? `expected ${run.expectation}` : '', run.attempt > 1 ? `attempt ${run.attempt}` : ''];
  $('made').textContent = parts.filter(Boolean).join(' · ');
  const rows = [
    ['algorithm', run.algorithm], ['seed', run.seed], ['examples', run.examples], ['data digest (SHA-256)', run.dataDigest],
    ['class reader', run.classifier && `${run.classifier}, accuracy ${number(run.classifierAccuracy)}`],
    ['commit', run.commit], ['host', run.host], ['tags', run.tags?.join(', ')], ['notes', run.notes],
    ...Object.entries(run.settings ?? {}).filter(([name]) => !['algorithm', 'seed', 'model', 'data'].includes(name)),
    ...Object.entries(run.versions ?? {}),
    ...run.workers.map((worker) => [`worker ${worker.worker}`, `${worker.state}, step ${count(worker.step)}${worker.dropped ? `, ${count(worker.dropped)} records dropped` : ''}${worker.message ? `: ${worker.message}` : ''}`]),
  ];
  $('about').replaceChildren(...rows.filter(([, value]) => value !== undefined && value !== null && value !== '').map(([name, value]) => {
    const box = document.createElement('div');
    const term = document.createElement('dt');
    const text = document.createElement('dd');
    term.textContent = name;
    text.textContent = value;
    box.append(term, text);
    return box;
  }));
}

function drawSamplesNow() {
  const { samples, run } = shown;
  const any = Boolean(samples?.images);
  $('samples-step').textContent = any ? `step ${samples.step}` : '';
  $('samples-caption').textContent = any
    ? 'One image of each of the first chains; below, its latent state and the class that the class reader sees.'
    : 'No samples have been published yet.';
  if (any) {
    drawSamples($('samples'), samples, run?.classNames ?? []);
  }
}

/** Only where it can be seen; the picture's title says what it shows. */
function drawMatrixNow() {
  const { chain } = shown;
  if ($('matrix-part').open && chain?.window) {
    const currents = chain.currents.filter((current) => current.value > 0);
    drawMatrix($('matrix'), graph.states, currents, `Matrix. ${$('chain').querySelector('title').textContent}`);
  }
}

function repaint() {
  charts.recolor();
  drawMatrixNow();
  drawSamplesNow();
}

$('runs').addEventListener('change', (event) => {
  const id = event.target.value;
  history.replaceState(null, '', `?run=${encodeURIComponent(id)}`);
  select(id);
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
new ResizeObserver(drawMatrixNow).observe($('matrix-part'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
setInterval(figures, 1000);

live.follow(shown.id);
