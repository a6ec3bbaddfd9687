// Keys: / searches, arrows move, Escape closes, x picks. Enter opens by itself: tiles are links.

import { asked, togglePicked } from "./address.js";
import { byId } from "./elements.js";
import { leaveItem } from "./item.js";
import { arrow } from "./tiles.js";

export function listenToKeys(about) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select, textarea, pre, .scroll, .menu[open]");
    if (event.key === "Escape") return escape(event);
    if (typing) return;
    if (event.key === "/") {
      event.preventDefault();
      byId("words").focus();
    } else if (event.key === "x") {
      const index = asked().get("item") ?? document.activeElement.dataset?.index;
      if (index !== undefined && index !== null) togglePicked(Number(index));
    } else if (event.key.startsWith("Arrow")) {
      if (asked().get("item") === null) {
        if (arrow(event.key, about.piece)) event.preventDefault();
      } else if (event.key === "ArrowLeft") byId("item-before")?.click();
      else if (event.key === "ArrowRight") byId("item-after")?.click();
    }
  });
}

function escape(event) {
  if (byId("export").open) byId("export").open = false;
  else if (event.target.matches("input, select")) event.target.blur();
  else if (asked().get("item") !== null) leaveItem();
}
