// A gallery that shows one group at a time, and the quiz: which of two images is the tricky one?

function tiny(image) {
  image.classList.toggle("tiny", Math.max(image.naturalWidth, image.naturalHeight) <= 64);
}

async function gallery(part) {
  const buttons = [...part.querySelectorAll("button[data-group]")];
  const groups = [...part.querySelectorAll(".group")];
  const show = (name) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.group === name));
    for (const group of groups) group.hidden = group.dataset.group !== name;
  };
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.group));
  for (const title of part.querySelectorAll(".group .map-title")) title.hidden = true;
  show("0");
  for (const image of part.querySelectorAll("img")) {
    if (image.complete) tiny(image);
    else image.addEventListener("load", () => tiny(image));
  }
}

async function quiz(part) {
  const { guesses } = blockData(part);
  const sides = [...part.querySelectorAll("[data-side]")];
  const feedback = part.querySelector(".feedback");
  const next = part.querySelector("[data-do=next]");
  const count = part.querySelector(".count");
  let at = 0, right = 0, answered = false;

  function ask() {
    answered = false;
    next.disabled = true;
    feedback.textContent = "";
    sides.forEach((button, k) => {
      button.className = "";
      button.firstElementChild.src = guesses[at].images[k];
    });
    score();
  }

  function score() {
    const done = at + answered;
    count.textContent = `Pair ${at + 1} of ${guesses.length}${done ? ` · ${right} of ${done} right` : ""}`;
  }

  function answer(side) {
    if (answered) return;
    answered = true;
    const { hard, notes } = guesses[at];
    const last = at === guesses.length - 1;
    right += side === hard;
    sides[hard].className = "hard";
    sides[1 - hard].className = "easy";
    const end = last ? ` You found ${right} of ${guesses.length}; guessing finds half of them.` : "";
    feedback.textContent = `${side === hard ? "Right." : `No, it is the ${hard ? "right" : "left"} one.`} Left: ${notes[0]}. Right: ${notes[1]}.${end}`;
    next.textContent = last ? "Play again" : "Next pair";
    next.disabled = false;
    score();
  }

  sides.forEach((button, k) => {
    button.addEventListener("click", () => answer(k));
    button.firstElementChild.addEventListener("load", (event) => tiny(event.target));
  });
  next.addEventListener("click", () => {
    if (at === guesses.length - 1) right = 0;
    at = (at + 1) % guesses.length;
    ask();
    sides[0].focus();
  });
  ask();
}
