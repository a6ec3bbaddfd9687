// Downloads, the list of contents, printing; and the start of everything.

async function download(part) {
  const data = blockData(part);
  part.querySelector("button").addEventListener("click", async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([await unpack(data.content)], { type: "text/csv;charset=utf-8" }));
    link.download = data.fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
}

function contents() {
  const nav = document.querySelector(".contents"), list = nav.querySelector("details");
  const wide = matchMedia("(min-width: 1100px)");
  const fold = () => { list.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
  const links = [...nav.querySelectorAll("a")];
  for (const link of links) link.addEventListener("click", fold);
  const seen = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.id);
    const current = links.find((link) => seen.has(link.hash.slice(1)));
    for (const link of links) link.toggleAttribute("aria-current", link === current);
  }, { rootMargin: "-15% 0px -60% 0px" });
  for (const link of links) observer.observe(document.querySelector(link.hash));
}

function printing() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
}

function notice(part, text) {
  const line = document.createElement("p");
  line.className = "notice";
  line.setAttribute("role", "alert");
  line.textContent = text;
  part.append(line);
}

const parts = { table, heatmap, raster, gallery, quiz, download };

async function start() {
  contents();
  printing();
  const old = !("DecompressionStream" in globalThis);
  for (const part of document.querySelectorAll("[data-part]")) {
    if (old) {
      notice(part, "This browser cannot unpack the data of this part: it lacks DecompressionStream (2023 or newer has it).");
      continue;
    }
    try {
      await parts[part.dataset.part](part);
    } catch (error) {
      notice(part, `This part could not be shown: ${error.message}`);
    }
  }
  document.documentElement.dataset.ready = "true";
}

document.documentElement.classList.add("scripted");
start();
