// Going back through the windows of a run: a slider, and replay at a chosen speed.

import { count } from './format.js';

const KEPT = 64;

export class Windows {
  #part;
  #chosen;
  #run = null;
  #step = null; // of the window that is shown, null for the newest
  #extent = { firstToStep: 0, lastToStep: 0, bucketSteps: 1, windows: 0 };
  #told = null;
  #kept = new Map();
  #asked = null;
  #timer = 0;

  /** @param part element with the controls; @param chosen called with (chain, step or null) */
  constructor(part, chosen) {
    this.#part = part;
    this.#chosen = chosen;
    this.#slider.addEventListener('input', () => {
      this.pause();
      this.show(Number(this.#slider.value));
    });
    this.#on('play', () => (this.#timer ? this.pause() : this.#play()));
    this.#on('back', () => this.#move(-1));
    this.#on('on', () => this.#move(1));
    this.#on('newest', () => {
      this.pause();
      this.show(null);
    });
  }

  get #slider() {
    return this.#part.querySelector('input');
  }

  #on(name, action) {
    this.#part.querySelector(`[data-do=${name}]`).addEventListener('click', action);
  }

  follow(run, step) {
    this.pause();
    this.#asked?.abort();
    this.#run = run;
    this.#step = step;
    this.#told = null;
    this.#kept.clear();
    this.#part.hidden = true;
  }

  /** The newest window is known; shown unless another is looked at. */
  newest(chain) {
    if (!chain.window || !chain.windows) {
      this.#part.hidden = true;
      if (this.#step === null) {
        this.#chosen(chain, null);
      }
      return;
    }
    const first = this.#part.hidden;
    const { firstToStep, lastToStep, windows } = chain;
    this.#extent = { firstToStep, lastToStep, windows, bucketSteps: chain.window.bucketSteps };
    this.#part.hidden = windows < 2;
    Object.assign(this.#slider, { min: firstToStep, max: lastToStep, step: chain.window.bucketSteps });
    if (this.#step === null) {
      this.#chosen(chain, null);
      this.#tell(chain);
    } else if (first) {
      this.show(this.#step);
    } else if (this.#told) {
      this.#tell(this.#told); // of how many it is now
    }
  }

  /** Shows the window that ends at a step or before; null for the newest, now and from now on. */
  async show(step) {
    this.#step = step;
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    try {
      const chain = this.#kept.get(step) ?? await this.#fetch(step, asked.signal);
      if (chain && !asked.signal.aborted) {
        this.#chosen(chain, step === null ? null : chain.window?.toStep ?? step);
        this.#tell(chain);
      }
      return true;
    } catch {
      return false; // another was asked for, or the stream is away
    }
  }

  async #fetch(step, signal) {
    const answer = await fetch(`api/v1/run/${this.#run}/chain${step === null ? '' : `?step=${step}`}`, { signal });
    const chain = answer.ok ? await answer.json() : null;
    if (chain?.window && step !== null) {
      this.#kept.set(step, chain);
      if (this.#kept.size > KEPT) {
        this.#kept.delete(this.#kept.keys().next().value);
      }
    }
    return chain;
  }

  #move(by) {
    this.pause();
    const { firstToStep, lastToStep, bucketSteps } = this.#extent;
    const to = (this.#step ?? lastToStep) + by * bucketSteps;
    return this.show(to >= lastToStep ? null : Math.max(firstToStep, to));
  }

  #play() {
    const { firstToStep } = this.#extent;
    if (this.#step === null) {
      this.#step = firstToStep - this.#extent.bucketSteps; // from the beginning
    }
    this.#part.dataset.playing = '';
    this.#label();
    const turn = async () => {
      const { lastToStep, bucketSteps } = this.#extent;
      const to = this.#step + bucketSteps;
      await this.show(to >= lastToStep ? null : to);
      if (this.#timer && this.#step !== null) {
        this.#timer = setTimeout(turn, 1000 / Number(this.#part.querySelector('select').value));
      } else {
        this.pause();
      }
    };
    this.#timer = setTimeout(turn, 0);
  }

  pause() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    delete this.#part.dataset.playing;
    this.#label();
  }

  #label() {
    const button = this.#part.querySelector('[data-do=play]');
    button.textContent = this.#timer || 'playing' in this.#part.dataset ? 'Pause' : 'Replay';
  }

  #tell(chain) {
    this.#told = chain;
    const past = this.#step !== null;
    const { window: window_, number } = chain;
    this.#part.classList.toggle('past', past);
    const where = window_
      ? `Window ${count(number + 1)} of ${count(this.#extent.windows)}: steps ${count(window_.fromStep)}–${count(window_.toStep)}${past ? '' : ', the newest'}`
      : 'This window cannot be read from the log now.';
    this.#part.querySelector('output').textContent = where;
    this.#slider.value = window_?.toStep ?? this.#step;
    this.#slider.setAttribute('aria-valuetext', where);
    this.#part.querySelector('[data-do=newest]').disabled = !past;
  }
}
