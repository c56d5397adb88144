// What the chains show: samples as images, one pixel per visible unit, and the mean image of each
// latent state.

const LATEST = 8;

/** Whether a unit of a bit-packed image is on. */
function isOn(bytes, unit) {
  return (bytes.charCodeAt(unit >> 3) >> (unit & 7)) & 1;
}

/** The samples of the given steps, or, where those are few, the nearest before their end. */
export function between(samples, from, to) {
  const until = samples.filter((each) => each.step <= to);
  const within = until.filter((each) => each.step >= from);
  return within.length >= LATEST ? within : until.slice(-LATEST);
}

/**
 * For each latent state the mean of the images that were generated from it.
 *
 * @return map of the state to {mean: [visible] shares, images: how many}
 */
export function means(samples, visible) {
  const sums = new Map();
  for (const { images, from } of samples) {
    images.forEach((base64, i) => {
      if (from[i] === undefined) {
        return;
      }
      const sum = sums.get(from[i]) ?? { mean: new Float64Array(visible), images: 0 };
      sums.set(from[i], sum);
      const bytes = atob(base64);
      for (let unit = 0; unit < visible; unit += 1) {
        sum.mean[unit] += isOn(bytes, unit);
      }
      sum.images += 1;
    });
  }
  for (const sum of sums.values()) {
    sum.mean.forEach((value, unit) => {
      sum.mean[unit] = value / sum.images;
    });
  }
  return sums;
}

/** The colour of a unit that is on, as three numbers. */
function ink() {
  const text = getComputedStyle(document.documentElement).getPropertyValue('--ink').trim();
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

/** Paints shares between 0 and 1 as opacities. */
function paint(canvas, width, height, share) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const picture = context.createImageData(width, height);
  const [red, green, blue] = ink();
  for (let unit = 0; unit < width * height; unit += 1) {
    picture.data.set([red, green, blue, Math.round(255 * (share(unit) ?? 0))], 4 * unit);
  }
  context.putImageData(picture, 0, 0);
}

/** An address of the picture of a mean image. */
export function picture(mean, width, height) {
  const canvas = document.createElement('canvas');
  paint(canvas, width, height, (unit) => mean[unit]);
  return canvas.toDataURL();
}

function drawImage(canvas, base64, { width, height, visible }) {
  const bytes = atob(base64);
  paint(canvas, width, height, (unit) => (unit < visible ? isOn(bytes, unit) : 0));
}

/** One image of each of the first chains, with its latent state and the class that is read. */
export function drawSamples(element, samples, shape, classNames) {
  while (element.children.length > samples.images.length) {
    element.lastChild.remove();
  }
  samples.images.forEach((base64, i) => {
    const figure = element.children[i] ?? element.appendChild(emptyFigure());
    const [canvas, caption] = figure.children;
    const text = [];
    if (i < samples.states.length) {
      text.push(`state ${samples.states[i]}`);
    }
    const read = samples.classes[i];
    const named = read !== undefined && read !== 255 ? classNames[read] ?? read : null;
    if (named !== null) {
      text.push(`read as ${named}`);
    }
    canvas.setAttribute('aria-label', `chain ${i}${text.length ? ': ' : ''}${text.join(', ')}`);
    const short = i < samples.states.length ? `${samples.states[i]}` : '';
    caption.textContent = named === null ? short : `${short} → “${named}”`;
    caption.title = text.join(', ');
    drawImage(canvas, base64, shape);
  });
}

/** A row for each of a few steps, evenly spread, with the images of the first chains. */
export function drawHistory(table, all, shape, rows, columns) {
  const chosen = all.length <= rows ? all
    : Array.from({ length: rows }, (_, i) => all[Math.round((i * (all.length - 1)) / (rows - 1))]);
  table.tBodies[0].replaceChildren(...chosen.map((samples) => {
    const row = document.createElement('tr');
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = samples.step;
    const cell = row.appendChild(head) && row.insertCell();
    const canvas = cell.appendChild(document.createElement('canvas'));
    const images = samples.images.slice(0, columns);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${images.length} images at step ${samples.step}`);
    const { width, height, visible } = shape;
    const decoded = images.map(atob);
    paint(canvas, columns * (width + 1) - 1, height, (pixel) => {
      const x = pixel % (columns * (width + 1) - 1);
      const image = Math.floor(x / (width + 1));
      const unit = Math.floor(pixel / (columns * (width + 1) - 1)) * width + (x % (width + 1));
      return x % (width + 1) < width && image < decoded.length && unit < visible ? isOn(decoded[image], unit) : 0;
    });
    return row;
  }));
}

function emptyFigure() {
  const figure = document.createElement('figure');
  figure.setAttribute('role', 'listitem');
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  figure.append(canvas, document.createElement('figcaption'));
  return figure;
}
