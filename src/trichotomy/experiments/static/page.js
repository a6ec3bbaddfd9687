// The few words that every screen of the pages needs: elements, notices, and what is said aloud.

export const byId = (id) => document.getElementById(id);

// element("p", { class: "note", hidden: true, onclick: f }, "text", child): text is never read as HTML.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// A line at the top that takes no room of its own; an empty one hides it.
export function notify(text) {
  const notice = byId("notice");
  if (notice.textContent !== text) notice.textContent = text;
}

// For those who hear the page.
export function say(text) {
  byId("said").textContent = text;
}

export const cross = () => element("p", { className: "fixation", "aria-hidden": "true" }, "+");

export const escaped = (text) => element("span", {}, text).innerHTML;
