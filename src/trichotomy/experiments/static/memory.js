// What the browser remembers: the participant's token, and an answer that the server has not acknowledged yet.

// One memory for each experiment's page and each participant that a recruitment service names.
export function memory(parameters) {
  const who = Object.entries(parameters).map(String).sort().join("&");
  const place = `trichotomy ${location.pathname} ${who}`;
  const pending = `${place} answer`;
  return {
    token: () => read(place),
    keep: (token) => write(place, token),
    pending: () => JSON.parse(read(pending) ?? "null"),
    hold: (answer) => write(pending, JSON.stringify(answer)),
    release: () => write(pending, null),
    forget() {
      write(place, null);
      write(pending, null);
    },
    // Another tab of this browser goes on in this one's stead.
    onTakenOver(stop) {
      addEventListener("storage", (event) => {
        if (event.key === place && event.newValue !== null) stop();
      });
    },
  };
}

function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off: a reload begins anew, unless the server knows the participant
  }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
