// What a run was made with: settings, data, versions, workers.

import { count, number } from './format.js';

/** Name and value of everything that a run was made with; the same for all runs of the same make. */
export function makeOf(run) {
  return [
    ['model', run.model], ['algorithm', run.algorithm], ['expected', run.expectation], ['states', run.states],
    ['visible units', run.visible], ['chains', run.chains], ['workers', run.workersAsked], ['updates', run.updates],
    ['seed', run.seed], ['data', run.data], ['examples', run.examples], ['data digest (SHA-256)', run.dataDigest],
    ['class reader', run.classifier && `${run.classifier}, accuracy ${number(run.classifierAccuracy)}`],
    ['commit', run.commit],
    ...Object.entries(run.settings ?? {}).filter(([name]) => !['algorithm', 'seed', 'model', 'data', 'updates', 'chains'].includes(name)),
    ...Object.entries(run.versions ?? {}).map(([name, version]) => [`version of ${name}`, version]),
  ].filter(([, value]) => value !== undefined && value !== null && value !== '');
}

export function drawAbout(list, run) {
  const rows = [
    ...makeOf(run),
    ...(run.host ? [['host', run.host]] : []),
    ...(run.tags?.length ? [['tags', run.tags.join(', ')]] : []),
    ...(run.notes ? [['notes', run.notes]] : []),
    ...run.workers.map((worker) => [`worker ${worker.worker}`, `${worker.state}, step ${count(worker.step)}${worker.dropped ? `, ${count(worker.dropped)} records dropped` : ''}${worker.message ? `: ${worker.message}` : ''}`]),
  ];
  list.replaceChildren(...rows.map(([name, value]) => {
    const box = document.createElement('div');
    const term = document.createElement('dt');
    const text = document.createElement('dd');
    term.textContent = name;
    text.textContent = value;
    box.append(term, text);
    return box;
  }));
}
