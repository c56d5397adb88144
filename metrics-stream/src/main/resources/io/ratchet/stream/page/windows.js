// Going back through the windows of a run: a slider, and replay at a chosen speed.

import { count } from './format.js';

const KEPT = 64;

export class Windows {
  #part;
  #chosen;
  #run = null;
  #query = null; // which window is shown: 'step=..' or 'number=..', null for the newest
  #number = 0; // of the window that is shown; they are stepped over one by one, however far apart
  #windows = 0;
  #told = null;
  #kept = new Map();
  #asked = null;
  #timer = 0;
  #playing = null; // one for each time that it was begun

  /** @param part element with the controls; @param chosen called with (chain, step or null) */
  constructor(part, chosen) {
    this.#part = part;
    this.#chosen = chosen;
    this.#slider.addEventListener('input', () => {
      this.pause();
      this.#go(Number(this.#slider.value));
    });
    this.#on('play', () => (this.#playing ? this.pause() : this.#play()));
    this.#on('back', () => this.#move(-1));
    this.#on('on', () => this.#move(1));
    this.#on('newest', () => {
      this.pause();
      this.#show(null);
    });
  }

  get #slider() {
    return this.#part.querySelector('input');
  }

  #on(name, action) {
    this.#part.querySelector(`[data-do=${name}]`).addEventListener('click', action);
  }

  /** Begins with the window of a run that ends at a step or before, with the newest for null. */
  follow(run, step) {
    this.pause();
    this.#asked?.abort();
    this.#run = run;
    this.#query = step === null ? null : `step=${step}`;
    this.#windows = 0;
    this.#told = null;
    this.#kept.clear();
    this.#part.hidden = true;
  }

  /** The newest window is known; shown unless another is looked at. */
  newest(chain) {
    if (!chain.window || !chain.windows) {
      this.#part.hidden = true;
      if (this.#query === null) {
        this.#chosen(chain, null);
      }
      return;
    }
    const first = this.#part.hidden;
    if (chain.windows < this.#windows) {
      this.#kept.clear(); // a higher attempt has superseded some
    }
    this.#windows = chain.windows;
    this.#part.hidden = chain.windows < 2;
    Object.assign(this.#slider, { min: 0, max: chain.windows - 1, step: 1 });
    if (this.#query === null) {
      this.#chosen(chain, null);
      this.#tell(chain);
    } else if (first) {
      this.#show(this.#query);
    } else if (this.#told) {
      this.#tell(this.#told); // of how many it is now
    }
  }

  /** Shows a window by its number; the last is the newest, now and from now on. */
  #go(number) {
    this.#number = Math.max(0, number);
    return this.#show(number >= this.#windows - 1 ? null : `number=${this.#number}`);
  }

  async #show(query) {
    this.#query = query;
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    try {
      const chain = this.#kept.get(query) ?? await this.#fetch(query, asked.signal);
      if (chain && !asked.signal.aborted) {
        this.#number = chain.number;
        this.#chosen(chain, query === null ? null : chain.window?.toStep ?? this.#told?.window?.toStep ?? chain.firstToStep);
        this.#tell(chain);
      }
    } catch {
      // Another was asked for, or the stream is away.
    }
  }

  async #fetch(query, signal) {
    const answer = await fetch(`api/v1/run/${encodeURIComponent(this.#run)}/chain${query === null ? '' : `?${query}`}`, { signal });
    const chain = answer.ok ? await answer.json() : null;
    if (chain?.window && query !== null) {
      this.#kept.set(query, chain);
      if (this.#kept.size > KEPT) {
        this.#kept.delete(this.#kept.keys().next().value);
      }
    }
    return chain;
  }

  #move(by) {
    this.pause();
    return this.#go((this.#query === null ? this.#windows - 1 : this.#number) + by);
  }

  #play() {
    if (this.#query === null) {
      this.#number = -1; // from the beginning
    }
    const playing = {};
    this.#playing = playing;
    this.#label();
    const turn = async () => {
      await this.#go(this.#number + 1);
      if (this.#playing !== playing) {
        return; // paused while the window came, perhaps begun anew
      }
      if (this.#query !== null) {
        this.#timer = setTimeout(turn, 1000 / Number(this.#part.querySelector('select').value));
      } else {
        this.pause();
      }
    };
    this.#timer = setTimeout(turn, 0);
  }

  pause() {
    clearTimeout(this.#timer);
    this.#playing = null;
    this.#label();
  }

  #label() {
    this.#part.querySelector('[data-do=play]').textContent = this.#playing ? 'Pause' : 'Replay';
  }

  #tell(chain) {
    this.#told = chain;
    const past = this.#query !== null;
    const { window: window_, number } = chain;
    this.#part.classList.toggle('past', past);
    const where = window_
      ? `Window ${count(number + 1)} of ${count(this.#windows)}: steps ${count(window_.fromStep)}–${count(window_.toStep)}${past ? '' : ', the newest'}`
      : 'This window cannot be read from the log now.';
    this.#part.querySelector('output').textContent = where;
    this.#slider.value = number;
    this.#slider.setAttribute('aria-valuetext', where);
    this.#part.querySelector('[data-do=newest]').disabled = !past;
  }
}
