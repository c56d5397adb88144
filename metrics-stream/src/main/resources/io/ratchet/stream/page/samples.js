// Samples drawn as images: one canvas each, one pixel per visible unit, scaled up by the browser.

export function drawSamples(element, samples, classNames) {
  const ink = getComputedStyle(document.documentElement).getPropertyValue('--ink');
  const { width, height, visible } = samples;
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
    if (read !== undefined && read !== 255) {
      text.push(`read as ${classNames[read] ?? read}`);
    }
    canvas.width = width;
    canvas.height = height;
    canvas.setAttribute('aria-label', `chain ${i}${text.length ? ': ' : ''}${text.join(', ')}`);
    const short = i < samples.states.length ? `${samples.states[i]}` : '';
    caption.textContent = read !== undefined && read !== 255
      ? `${short} → “${classNames[read] ?? read}”` : short;
    caption.title = text.join(', ');
    draw(canvas.getContext('2d'), atob(base64), width, height, visible, ink);
  });
}

function emptyFigure() {
  const figure = document.createElement('figure');
  figure.setAttribute('role', 'listitem');
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  figure.append(canvas, document.createElement('figcaption'));
  return figure;
}

function draw(context, bytes, width, height, visible, ink) {
  context.clearRect(0, 0, width, height);
  context.fillStyle = ink;
  for (let unit = 0; unit < visible; unit += 1) {
    if ((bytes.charCodeAt(unit >> 3) >> (unit & 7)) & 1) {
      context.fillRect(unit % width, Math.floor(unit / width), 1, 1);
    }
  }
}
