// Numbers and words for people. A missing number is an en dash, never 0.

const NONE = '–';
const MINUS = '−';

/** A number to a few significant digits, without exponents where they can be avoided. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return NONE;
  }
  const size = Math.abs(value);
  let text;
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    text = value.toExponential(Math.max(0, digits - 2));
  } else {
    const before = size < 1 ? 0 : Math.floor(Math.log10(size)) + 1;
    const after = size === 0 ? 0 : size < 1
      ? Math.min(6, digits - 1 - Math.floor(Math.log10(size)))
      : Math.max(0, digits - before);
    text = value.toFixed(after);
  }
  return text.replace('-', MINUS);
}

/** A count with thin spaces between thousands. */
export function count(value) {
  if (value === null || value === undefined) {
    return NONE;
  }
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** An axis tick: as short as it can be. */
export function tick(value) {
  if (value === null) {
    return '';
  }
  const size = Math.abs(value);
  if (size >= 1e6) {
    return `${+(value / 1e6).toPrecision(4)}M`.replace('-', MINUS);
  }
  if (size >= 1e4) {
    return `${+(value / 1e3).toPrecision(4)}k`.replace('-', MINUS);
  }
  if (size !== 0 && size < 1e-3) {
    return value.toExponential(0).replace('-', MINUS);
  }
  return `${+value.toPrecision(6)}`.replace('-', MINUS);
}

/** The ends of an interval with as many decimals as its width deserves. */
export function interval(lower, upper) {
  if (lower === null || upper === null || lower === undefined || upper === undefined) {
    return '';
  }
  const width = Math.max(upper - lower, 1e-6);
  const after = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(width))));
  return `${lower.toFixed(after)} – ${upper.toFixed(after)}`.replaceAll('-', MINUS);
}

/** Why there is no number, or null where there is one. */
export function reason(status) {
  return { frozen: 'frozen', insufficient: 'not enough data' }[status] ?? null;
}

/** A length of time, in the unit that suits another: that of the longest on an axis. */
export function duration(seconds, like = seconds) {
  const size = Math.abs(like);
  const [value, unit] = size > 0 && size < 1 ? [seconds * 1000, 'ms'] : size < 120 ? [seconds, 's']
    : size < 7200 ? [seconds / 60, 'min'] : [seconds / 3600, 'h'];
  return `${+value.toPrecision(3)} ${unit}`.replace('-', MINUS);
}

/** How long ago, roughly. */
export function ago(millis) {
  const seconds = Math.max(0, Math.round(millis / 1000));
  if (seconds < 90) {
    return `${seconds} s`;
  }
  if (seconds < 5400) {
    return `${Math.round(seconds / 60)} min`;
  }
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}
