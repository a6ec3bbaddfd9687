// Requests that are tried until they are answered. Only an answer that says no ends them.

const PATIENCE_MS = 15000;
const PATIENCE_FOR_BYTES_MS = 90000;
const WAITS_MS = [300, 600, 1200, 2500, 5000, 8000];

const AS_JSON = { read: (response) => response.json(), patience: PATIENCE_MS };
const AS_BYTES = { read: (response) => response.blob(), patience: PATIENCE_FOR_BYTES_MS };

export class Refusal extends Error {
  constructor(status, answer) {
    super(answer.message ?? `The server answered ${status}.`);
    Object.assign(this, { status, code: answer.error ?? "", answer });
  }
}

// `lost` is called with the number of tries that failed, and whether the server was there but busy; `found` once one
// works again after that.
export function connect({ lost, found }) {
  let token = null;

  async function attempt(method, path, body, { read, patience }) {
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout?.(patience), // browsers before 2022 wait as long as they do
    });
    if (response.ok) return read(response);
    if (response.status === 429 || response.status >= 500) {
      const seconds = Number(response.headers.get("Retry-After"));
      throw Object.assign(new Error("busy"), { busy: true, wait: seconds > 0 ? Math.min(seconds, 60) * 1000 : 0 });
    }
    throw new Refusal(response.status, await response.json().catch(() => ({})));
  }

  async function request(method, path, body, reading = AS_JSON) {
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await attempt(method, path, body, reading);
        if (tries) found();
        return answer;
      } catch (error) {
        if (error instanceof Refusal) {
          if (tries) found();
          throw error;
        }
        lost(tries + 1, Boolean(error.busy));
        await pause(error.wait || WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]);
      }
    }
  }

  return {
    use: (given) => {
      token = given;
    },
    get: (path) => request("GET", path),
    post: (path, body) => request("POST", path, body),
    bytes: (path) => request("GET", path, undefined, AS_BYTES),
  };
}

// Wait so long, or until the browser says that it is online again.
function pause(milliseconds) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    addEventListener("online", end);
  });
}
