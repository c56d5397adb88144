// The key figures of a window; each a name, a number or the reason why there is none, its interval.

import { ago, count, interval, number, reason } from './format.js';

/**
 * What the figures are.
 *
 * @param updates table of the updates; @param window_ may be null; @param at last step of a window
 * of the past, null for the newest
 */
export function figuresOf(summary, updates, window_, at) {
  const step = Math.max(summary.step, (updates.step.at(-1) ?? -1) + 1);
  const likelihoods = updates.column('logLikelihood.mean') ?? [];
  const row = at === null ? -1 : updates.step.findIndex((each) => each >= at);
  const likelihood = likelihoods.at(row) ?? (at === null ? summary.logLikelihood : null);
  const p = window_?.reversibilityTest?.pValue ?? null;
  return [
    { name: 'Step', value: count(step), more: summary.updates ? `of ${count(summary.updates)}` : '', share: summary.updates ? step / summary.updates : null },
    { name: 'Updates per second', value: number(summary.updatesPerSecond), more: summary.state === 'running' ? 'over the last 5 s' : `heard of ${ago(Date.now() - summary.activeMillis)} ago` },
    { name: 'Log-likelihood', value: number(likelihood, 5), more: at === null ? 'nats per example' : `nats per example, step ${count(at)}` },
    estimate('EP, counts', window_?.entropyProduction, 'nats per transition'),
    estimate('EP, soft', window_?.softEntropyProduction, 'nats per transition'),
    estimate('EP, path', window_?.pathEntropyProduction, 'nats per transition'),
    estimate('Self-transition', window_?.selfTransitionProbability, 'share of transitions'),
    { name: 'Reversible?', value: p === null ? '–' : `p ${p < 0.001 ? '< 0.001' : `= ${+p.toPrecision(2)}`}`, more: window_?.reversibilityTest ? `${window_.reversibilityTest.method} test` : 'no test yet' },
  ];
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

/** Puts figures into their list, reusing its boxes. */
export function drawFigures(list, figures) {
  figures.forEach((figure, i) => {
    const box = list.children[i] ?? list.appendChild(emptyFigure());
    const [name, value, more] = box.children;
    name.textContent = figure.name;
    value.textContent = figure.value;
    value.className = figure.word ? 'value word' : 'value';
    more.textContent = figure.more;
    more.title = figure.more;
    let bar = box.querySelector('progress');
    if (figure.share !== undefined && figure.share !== null) {
      bar ??= box.appendChild(document.createElement('dd')).appendChild(document.createElement('progress'));
      bar.setAttribute('aria-label', 'share of the updates asked for');
      bar.value = Math.min(1, figure.share);
    } else {
      bar?.parentElement.remove();
    }
  });
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

/** What the detector has raised in a window, in words. */
export function standing(window_) {
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

/** What a reader must know before using the numbers of a window. */
export function warningsOf(window_) {
  const warnings = [...(window_?.warnings ?? [])];
  if (window_?.gaps) {
    warnings.push(`${count(window_.gaps)} sweeps of this window are missing.`);
  }
  if (window_?.missingWorkers?.length) {
    warnings.push(`Workers ${window_.missingWorkers.join(', ')} are missing from this window.`);
  }
  return warnings;
}
