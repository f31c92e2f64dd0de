// The edge's routes. A failed request throws the problem document {code, title, detail}.

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw { code: "offline" };
  }
  const body = await answer.json().catch(() => ({ code: "other" }));
  if (!answer.ok) throw body;
  return body;
}

const json = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
const bearer = (session) => ({ Authorization: `Bearer ${session}` });

export const notices = (placement) => ask(`/v1/edge/notices?placement=${encodeURIComponent(placement)}`);
export const identify = (placement, pin) => ask("/v1/edge/identify", json({ placement, pin }));
export const me = (session) => ask("/v1/edge/me", { headers: bearer(session) });

export function withdraw(session, purpose) {
  const request = json({ purpose });
  return ask("/v1/edge/me/withdraw", { ...request, headers: { ...request.headers, ...bearer(session) } });
}

export const forget = (session) => ask("/v1/edge/me/forget", { method: "POST", headers: bearer(session) });

export function join(enrolment, photos) {
  const form = new FormData();
  form.set("enrolment", JSON.stringify(enrolment));
  for (const [number, photo] of photos.entries()) form.append("images", photo, `${number}.jpg`);
  return ask("/v1/edge/members", { method: "POST", body: form });
}
