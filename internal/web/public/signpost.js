// While somebody types into the one field, questions that may be theirs appear
// below it. Nothing takes the focus or the typed text away; the number of hits
// is read out. Without this script the form does the same on a page of its own.

const field = document.querySelector("[data-suggest]");
const place = document.getElementById("suggestions");
const live = document.getElementById("live");
const pause = 250;
let timer, running, shown = field.value.trim();

const suggest = async () => {
  const text = field.value.trim();
  if (text === shown) return;
  shown = text;
  running?.abort();
  if (text.length < 3) return clear();
  running = new AbortController();
  try {
    const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: running.signal });
    if (!answer.ok) return clear();
    place.innerHTML = await answer.text();
    live.textContent = place.querySelector("[data-announce]")?.dataset.announce ?? "";
  } catch (error) {
    if (error.name !== "AbortError") clear();
  }
};

const clear = () => {
  place.replaceChildren();
  live.textContent = "";
};

field.addEventListener("input", () => {
  history.replaceState({ ...history.state, typed: field.value }, "");
  clearTimeout(timer);
  timer = setTimeout(suggest, pause);
});

// Escape puts the suggestions away, first of all, and the focus back.
field.form.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !place.firstChild) return;
  event.preventDefault();
  clear();
  field.focus();
});

// Coming back, what was typed is still there.
field.value ||= history.state?.typed ?? "";
suggest();
