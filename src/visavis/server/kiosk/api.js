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
  if (!answer.ok) throw body;
  return body;
}

/** What a member asks during the visit; the server ends a visit after some minutes. */
async function askAs(session, path, options = {}) {
  try {
    return await ask(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${session}` } });
  } catch (problem) {
    throw problem.code === "credential-refused" ? { code: "session-ended" } : problem;
  }
}

const json = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const notices = (placement) => ask(`/v1/edge/notices?placement=${encodeURIComponent(placement)}`);
export const identify = (placement, credential) => ask("/v1/edge/identify", json({ placement, ...credential }));
export const me = (session) => askAs(session, "/v1/edge/me");
export const withdraw = (session, purpose) => askAs(session, "/v1/edge/me/withdraw", json({ purpose }));
export const forget = (session) => askAs(session, "/v1/edge/me/forget", { method: "POST" });

export function join(enrolment, photos) {
  const form = new FormData();
  form.set("enrolment", JSON.stringify(enrolment));
  for (const [number, photo] of photos.entries()) form.append("images", photo, `${number}.jpg`);
  return ask("/v1/edge/members", { method: "POST", body: form });
}
