// What is looked at, and how, lives in the address: a link shows another person the same.

export const VIEWS = ['run', 'runs', 'compare'];
export const AXES = {
  step: 'step',
  'relative-step': 'steps since the first',
  time: 'wall time',
  'relative-time': 'wall time since the first step',
};
export const HALF_LIVES = [0, 10, 30, 100, 300, 1000, 3000];
export const COLUMNS = ['state', 'step', 'ep', 'course', 'likelihood', 'rate', 'heard', 'model', 'data', 'tags', 'notes'];

const DEFAULTS = {
  view: 'run', run: null, with: [], x: 'step', smooth: 0, at: null, from: null, to: null,
  find: '', sort: '-heard', columns: COLUMNS.filter((name) => name !== 'data'),
};

/** The state that an address stands for; what it does not say, or says wrongly, is as usual. */
export function read(search) {
  const query = new URLSearchParams(search);
  const one = (name, allowed) => (allowed(query.get(name)) ? query.get(name) : DEFAULTS[name]);
  const whole = (name) => (/^\d{1,15}$/.test(query.get(name) ?? '') ? Number(query.get(name)) : null);
  const list = (name) => (query.get(name) ?? '').split(',').filter(Boolean);
  const smooth = whole('smooth') ?? 0;
  const columns = query.has('columns') ? COLUMNS.filter((name) => list('columns').includes(name)) : DEFAULTS.columns;
  const range = whole('from') !== null && whole('to') > whole('from');
  return {
    view: one('view', (view) => VIEWS.includes(view)),
    run: query.get('run') || null,
    with: list('with'),
    x: one('x', (axis) => axis !== null && Object.hasOwn(AXES, axis)),
    smooth: HALF_LIVES.includes(smooth) ? smooth : 0,
    at: whole('at'),
    from: range ? whole('from') : null,
    to: range ? whole('to') : null,
    find: query.get('find') ?? '',
    sort: one('sort', (sort) => sort !== null && ['run', ...COLUMNS].includes(sort.replace(/^-/, ''))),
    columns,
  };
}

/** The address of a state, as short as it can be. */
export function write(state) {
  const parts = [];
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = state[name] ?? usual;
    if (value !== null && String(value) !== String(usual)) {
      parts.push(`${name}=${String(value).split(',').map(encodeURIComponent).join(',')}`);
    }
  }
  return parts.length > 0 ? `?${parts.join('&')}` : '.';
}
