// A worker of the browser. It keeps the last page of one's own day, and shows it when there is no network. Everything
// else goes to the network as ever.

const KEPT = "togo-day";
const DAY = new URL("./", self.location).pathname;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === DAY && !search) event.respondWith(day(request));
  else if (["style", "script", "image"].includes(request.destination)) event.respondWith(part(request));
});

async function day(request) {
  let answer;
  try {
    answer = await fetch(request);
  } catch (failure) {
    return (await keptDay()) ?? Promise.reject(failure);
  }
  // The session is over, or belongs to somebody else by now.
  if (answer.type === "opaqueredirect" || answer.redirected) await caches.delete(KEPT);
  else if (answer.ok) await keep(request.url, answer.clone());
  return answer;
}

// The page, with the time from which it is. The session's own secrets aren't kept.
async function keptDay() {
  const kept = await (await caches.open(KEPT)).match(DAY, { ignoreVary: true });
  if (!kept) return undefined;
  const page = (await kept.text()).replace('data-kept-at=""', `data-kept-at="${kept.headers.get("X-Kept-At")}"`);
  return new Response(page, { headers: kept.headers });
}

async function keep(url, answer) {
  const page = (await answer.text()).replaceAll(/(name="csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]*/g, "$1");
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  headers.set("X-Kept-For", /data-person="(\d*)"/.exec(page)?.[1] ?? "");
  headers.set("X-Kept-At", new Date().toISOString());
  const cache = await caches.open(KEPT);
  await cache.put(url, new Response(page, { headers }));
  // Styles and scripts of a version before are not needed any more.
  for (const old of await cache.keys()) {
    const { pathname, search } = new URL(old.url);
    if (pathname !== DAY && !page.includes(`${pathname}${search}`) && !pathname.endsWith(".svg")) await cache.delete(old);
  }
}

async function part(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok && (await caches.has(KEPT))) await (await caches.open(KEPT)).put(request, answer.clone());
    return answer;
  } catch (failure) {
    return (await caches.match(request, { ignoreVary: true })) ?? Promise.reject(failure);
  }
}
