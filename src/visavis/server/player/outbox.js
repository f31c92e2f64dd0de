// What the server must hear, kept until it has said so. The server counts a repeated post once, so sending again is safe.

const LIMIT = 500; // oldest go first: a screen that was cut off for days keeps its last hours
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;
const NOT_YET = new Set([401, 408, 429]); // not paired at this moment, too slow, too many: it may be taken later

/** A random UUID; `crypto.randomUUID` is missing where the page was not opened over HTTPS or from this machine. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Outbox {
  #prefix;
  #memory = new Map(); // stands in where the browser refuses localStorage
  #sending = false;
  #wait = FIRST_WAIT_MS;
  #timer;
  #count = 0;
  #skewMs = 0;

  constructor(placement) {
    this.#prefix = `visavis.player.${placement}.`;
    addEventListener("online", () => this.flush());
  }

  /** Now by the server's clock: a screen whose own is wrong would be refused. */
  now() {
    return new Date(Date.now() + this.#skewMs).toISOString();
  }

  /** Queue a post behind those before it; one key a post, so that two pages cannot overwrite each other's queue. */
  put(path, body) {
    const key = `${this.#prefix}${Date.now()}.${String(this.#count++).padStart(6, "0")}.${uuid()}`;
    this.#write(key, JSON.stringify({ path, body }));
    const keys = this.#keys();
    keys.slice(0, Math.max(0, keys.length - LIMIT)).forEach((old) => this.#remove(old));
    this.flush();
  }

  /** Send in order, one after the other: a tap counts only after the server knows that the offer was on the glass. */
  async flush() {
    if (this.#sending) return;
    clearTimeout(this.#timer);
    this.#sending = true;
    try {
      for (let key = this.#keys()[0]; key; key = this.#keys()[0]) {
        if (!(await this.#send(this.#read(key)))) {
          this.#timer = setTimeout(() => this.flush(), this.#wait * (0.5 + Math.random()));
          this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
          return;
        }
        this.#wait = FIRST_WAIT_MS;
        this.#remove(key);
      }
    } finally {
      this.#sending = false;
    }
  }

  /** Whether the post is settled: taken, or refused for good (it would be refused again). */
  async #send(kept) {
    let path, body;
    try {
      ({ path, body } = JSON.parse(kept));
    } catch {
      return true; // not ours, or half written when the power went
    }
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        keepalive: true,
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      this.#setClock(answer.headers.get("date"));
      return answer.status < 500 && !NOT_YET.has(answer.status);
    } catch {
      return false;
    }
  }

  #setClock(date) {
    const skew = Date.parse(date ?? "") - Date.now();
    if (!Number.isNaN(skew)) this.#skewMs = Math.abs(skew) > 5000 ? skew : 0; // the header counts whole seconds
  }

  #keys() {
    let kept = [];
    try {
      kept = Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
    } catch {
      // Storage is closed to this page: the queue lives in memory alone.
    }
    return [...kept, ...this.#memory.keys()].sort();
  }

  #write(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      this.#memory.set(key, value);
    }
  }

  #read(key) {
    return this.#memory.get(key) ?? localStorage.getItem(key);
  }

  #remove(key) {
    if (!this.#memory.delete(key)) localStorage.removeItem(key);
  }
}
