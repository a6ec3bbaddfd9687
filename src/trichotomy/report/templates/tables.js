// Tables that sort by a column, can be searched, and show long lists bit by bit.

const PER_STEP = 500;
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

async function table(part) {
  const data = blockData(part);
  const rows = await unpack(data.rows);
  const body = part.querySelector("tbody");
  const headings = [...part.querySelectorAll("thead th")];
  const search = part.querySelector("input[type=search]");
  const count = part.querySelector(".count");
  const more = part.querySelector("[data-do=more]");
  let chosen = rows;
  let limit = data.limit;
  let sorted = null;

  function choose() {
    const words = (search?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (row) => {
      const text = row.filter((cell) => typeof cell === "string").join("\u0000").toLowerCase();
      return words.every((word) => text.includes(word));
    };
    chosen = words.length ? rows.filter(matches) : [...rows];
    if (sorted) chosen.sort((a, b) => sorted.sign * byCell(a[sorted.index], b[sorted.index], sorted.sign));
  }

  function show() {
    body.replaceChildren(...chosen.slice(0, limit).map((row) => rowElement(row, data.columns)));
    const hidden = chosen.length - limit;
    more.hidden = hidden <= 0;
    more.textContent = hidden > PER_STEP ? `Show ${PER_STEP} more` : `Show all ${grouped(chosen.length)} rows`;
    const of = chosen.length < rows.length ? `${grouped(chosen.length)} matching` : grouped(rows.length);
    count.textContent = hidden > 0 ? `${limit} of ${of} rows` : search ? `${of} rows` : "";
  }

  headings.forEach((heading, index) => {
    heading.querySelector("button").addEventListener("click", () => {
      sorted = { index, sign: sorted?.index === index ? -sorted.sign : 1 };
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", sorted.sign > 0 ? "ascending" : "descending");
      choose();
      show();
    });
  });
  search?.addEventListener("input", () => {
    limit = data.limit;
    choose();
    show();
  });
  more.addEventListener("click", () => {
    limit += PER_STEP;
    show();
  });
  show();
}

// Missing values come last whatever the direction; the order of equal ones is kept.
function byCell(a, b, sign) {
  const [x, y] = [sortKey(a), sortKey(b)];
  if (x === null || y === null) return sign * ((x === null) - (y === null));
  return typeof x === "string" || typeof y === "string" ? collator.compare(x, y) : x - y;
}

function sortKey(cell) {
  if (Array.isArray(cell)) return sortKey(cell[0]);
  return cell === null || typeof cell === "object" ? null : cell;
}

function rowElement(row, columns) {
  const element = document.createElement("tr");
  row.forEach((value, i) => {
    const cell = document.createElement(i === 0 && columns[i].kind === "text" ? "th" : "td");
    if (cell.tagName === "TH") cell.scope = "row";
    if (columns[i].kind !== "text") cell.className = "number";
    const [text, why] = cellText(value, columns[i]);
    if (why) {
      const dash = document.createElement("abbr");
      dash.title = why;
      dash.textContent = text;
      cell.append(dash);
    } else cell.textContent = text;
    element.append(cell);
  });
  return element;
}

// The text of a cell, and the reason where it is a dash; `shown_cell` in cells.py does the same.
function cellText(value, column) {
  if (value?.why) return [DASH, value.why];
  if (value === null || (Array.isArray(value) && value.includes(null))) return [DASH, "undefined"];
  const unit = column.kind === "share" ? `${THIN_SPACE}%` : "";
  if (Array.isArray(value)) return [value.map((v) => numberText(v, column)).join(" to ") + unit, ""];
  return [column.kind === "text" ? String(value) : numberText(value, column) + unit, ""];
}

function numberText(value, column) {
  if (column.kind === "integer") return grouped(Math.round(value));
  if (column.kind === "log_p") return pValue(value);
  return fixed(column.kind === "share" ? 100 * value : value, column.digits);
}

function pValue(logP) {
  if (logP >= Math.log(0.001)) return fixed(Math.exp(logP), 3);
  const power = logP / Math.log(10), exponent = Math.floor(power);
  const mantissa = fixed(10 ** (power - exponent), 1);
  return mantissa === "10.0" ? `1.0e${MINUS}${-exponent - 1}` : `${mantissa}e${MINUS}${-exponent}`;
}
