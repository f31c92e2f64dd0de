// Which kiosk or screen this browser is. Its key is made here, is never readable, and outlives restarts; see pairing.js.

import { askForCode } from "./pairing.js";

const STORE = "keys";
const AGAIN_MS = 5_000; // the server may be away
const RENEW_AT = 0.7; // of a token's life
const SIGN = { name: "Ed25519" };

let timer = 0;

/** Resolves once this browser may be the kiosk or the screen of the placement; shows the pairing page until then. */
export async function mayRun(placement) {
  clearTimeout(timer);
  for (;;) {
    try {
      const { pairing, allowed } = await ask(`standing?placement=${encodeURIComponent(placement)}`);
      if (pairing === "off") return;
      const device = await kept(placement).catch(() => null);
      if (device) return await renew(device);
      if (allowed) return; // staff, signed in at this browser
      return await askForCode(placement, { trouble: await trouble(), pair: (code) => pair(placement, code) });
    } catch (problem) {
      if (problem.code === "device-refused") await forget(placement); // revoked: it must be paired anew
      else await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

/** Why this browser cannot be paired, if it cannot. */
async function trouble() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return "insecure";
  try {
    (await opened()).close();
  } catch {
    return "storage";
  }
  return null;
}

async function pair(placement, code) {
  let keys;
  try {
    keys = await crypto.subtle.generateKey(SIGN, false, ["sign", "verify"]);
  } catch {
    throw { code: "no-ed25519" };
  }
  const publicKey = text(await crypto.subtle.exportKey("raw", keys.publicKey));
  const plain = code.toUpperCase().replace(/[^A-Z0-9]/g, "");
  const signature = await signed(keys.privateKey, `visavis-pair\n${plain}\n${publicKey}`);
  const { device_id, placement: bound } = await ask("pair", { code: plain, public_key: publicKey, signature });
  await navigator.storage?.persist?.().catch(() => false); // or the browser may clear it when space is short
  await keep({ placement: bound, id: device_id, key: keys.privateKey });
  return bound;
}

/** A token for the next minutes, as a cookie that no script can read. */
async function renew(device) {
  const { challenge } = await ask("challenge", { device_id: device.id });
  const signature = await signed(device.key, `visavis-token\n${challenge}`);
  const { expires_in_s } = await ask("token", { device_id: device.id, challenge, signature });
  clearTimeout(timer);
  timer = setTimeout(() => again(device), expires_in_s * RENEW_AT * 1000);
}

async function again(device) {
  try {
    await renew(device);
  } catch (problem) {
    if (problem.code === "device-refused") location.reload(); // the page asks for a code
    else timer = setTimeout(() => again(device), AGAIN_MS);
  }
}

const signed = async (key, words) => text(await crypto.subtle.sign(SIGN, key, new TextEncoder().encode(words)));

const text = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(`/v1/devices/${path}`, body && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw { code: "offline" };
  }
  const said = await answer.json().catch(() => ({ code: "other" }));
  if (!answer.ok) throw said;
  return said;
}

// ------ where the key rests

function opened() {
  return new Promise((resolve, reject) => {
    if (!globalThis.indexedDB) return reject({ code: "storage" });
    const asked = indexedDB.open("visavis-device", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "placement" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject({ code: "storage" });
  });
}

async function stored(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const asked = work(database.transaction(STORE, mode).objectStore(STORE));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject({ code: "storage" });
    });
  } finally {
    database.close();
  }
}

const kept = (placement) => stored("readonly", (keys) => keys.get(placement));
const keep = (device) => stored("readwrite", (keys) => keys.put(device));
const forget = (placement) => stored("readwrite", (keys) => keys.delete(placement));
