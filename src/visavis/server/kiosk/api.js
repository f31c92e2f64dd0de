// The edge's routes. A failed request throws the problem document {code, title, detail}.

const ANSWER_WITHIN_MS = 30_000;

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch {
    throw { code: "offline" };
  }
  const body = await answer.json().catch(() => ({ code: "other" }));
  if (body.code === "device-refused") location.reload(); // not paired any more: the page asks for a code
  if (!answer.ok) throw body;
  return body;
}

/** What a member asks during the visit; the server ends a visit after some minutes. */
async function askAs(session, path, options = {}) {
  const headers = { ...options.headers, Authorization: `Bearer ${session}` };
  try {
    return await ask(path, { ...options, headers });
  } catch (problem) {
    throw problem.code === "credential-refused" ? { code: "session-ended" } : problem;
  }
}

const json = (body, headers = {}) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});

/** What a liveness check gave, where the scenario asks for one. */
const withPass = (pass) => (pass ? { "Liveness-Pass": pass } : {});

export const notices = (placement) => ask(`/v1/edge/notices?placement=${encodeURIComponent(placement)}`);
export const identify = (placement, credential) => ask("/v1/edge/identify", json({ placement, ...credential }));
export const me = (session) => askAs(session, "/v1/edge/me");
export const notMe = (session) => askAs(session, "/v1/edge/me/not-me", { method: "POST" });
export const withdraw = (session, purpose, pass) =>
  askAs(session, "/v1/edge/me/withdraw", json({ purpose }, withPass(pass)));
export const allow = (session, wish, pass) => askAs(session, "/v1/edge/me/consent", json(wish, withPass(pass)));
export const correct = (session, wish, pass) =>
  askAs(session, "/v1/edge/me", { ...json(wish, withPass(pass)), method: "PATCH" });
export const exportLink = (session, pass) =>
  askAs(session, "/v1/members/me/export-link", { method: "POST", headers: withPass(pass) });
export const forget = (session, pass) =>
  askAs(session, "/v1/edge/me/forget", { method: "POST", headers: withPass(pass) });

export function join(enrolment, photos, pass) {
  const form = new FormData();
  form.set("enrolment", JSON.stringify(enrolment));
  for (const [number, photo] of photos.entries()) form.append("images", photo, `${number}.jpg`);
  return ask("/v1/edge/members", { method: "POST", body: form, headers: withPass(pass) });
}
