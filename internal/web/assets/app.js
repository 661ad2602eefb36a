// Conveniences on top of pages that work without them, asked for by data
// attributes. Listeners are delegated: what htmx swaps in works too.

const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const html = document.documentElement;

// data-key="r" or "g i" presses or focuses the element: never while typing or
// with a modifier; data-keys="off" on <html> turns it off.
let first = "", timer;
const find = (keys) => $$(`[data-key="${CSS.escape(keys)}"]`).find((e) => e.checkVisibility() || e.matches("a"));
addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Escape") return closeMenus();
  if (event.ctrlKey || event.metaKey) {
    if (key === "Enter" && target.matches("textarea")) target.form?.requestSubmit();
    return;
  }
  if (event.altKey || event.isComposing || html.dataset.keys === "off") return;
  if (target.closest("input, textarea, select, [contenteditable]")) return;
  const found = (first && find(`${first} ${key}`)) || find(key);
  clearTimeout(timer);
  first = found ? "" : key;
  timer = setTimeout(() => (first = ""), 1000);
  if (!found) return;
  event.preventDefault();
  if (found.matches("textarea, select, input:not([type=submit])")) found.focus();
  else found.click();
});

// Menus close on Escape, with the focus back on them, and on a click elsewhere.
const closeMenus = (clicked) => {
  for (const menu of $$("details.menu[open]")) {
    if (clicked && menu.contains(clicked)) continue;
    if (!clicked && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
};

addEventListener("click", async ({ target }) => {
  closeMenus(target);
  const button = target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  await navigator.clipboard.writeText(text.trim());
  document.getElementById("live").textContent = button.dataset.copied;
});

// data-files="id": the names of the chosen files are listed there.
addEventListener("change", ({ target }) => {
  const list = document.getElementById(target.dataset.files);
  list?.replaceChildren(...Array.from(target.files, ({ name }) => {
    const line = document.createElement("li");
    line.textContent = name;
    return line;
  }));
});

// Text areas grow; most browsers do it by field-sizing in the style sheet.
const grow = (area) => {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
};
if (!CSS.supports("field-sizing", "content")) {
  addEventListener("input", ({ target }) => target.matches("[data-grow]") && grow(target));
  addEventListener("htmx:load", () => $$("[data-grow]").forEach(grow));
  $$("[data-grow]").forEach(grow);
}

// Times told from now grow older. The server's now corrects a clock that is off.
const words = new Intl.RelativeTimeFormat(html.lang, { style: "short" });
const served = Date.parse($$("[data-relative]")[0]?.dataset.relative);
const skew = served - Date.now() || 0;
const age = (time) => {
  const seconds = (Date.parse(time.dateTime) - Date.now() - skew) / 1000;
  const far = Math.abs(seconds);
  if (far < 60 || far > 30 * 86400) return;
  const [unit, size] = far < 3600 ? ["minute", 60] : far < 86400 ? ["hour", 3600] : ["day", 86400];
  time.textContent = words.format(Math.trunc(seconds / size), unit);
};
setInterval(() => $$("[data-relative]").forEach(age), 30000);

// data-seconds="10" counts down in its [data-left] and then goes away.
const count = (box) => {
  box.until ??= Date.now() + box.dataset.seconds * 1000;
  const left = Math.ceil((box.until - Date.now()) / 1000);
  const shown = box.querySelector("[data-left]");
  shown.hidden = false;
  shown.textContent = `${Math.max(left, 0)} s`;
  if (left > 0) return;
  box.dispatchEvent(new CustomEvent("lotse:elapsed", { bubbles: true }));
  box.remove();
};
setInterval(() => $$("[data-seconds]").forEach(count), 250);

const reveal = () => navigator.clipboard && $$("[data-copy]").forEach((b) => (b.hidden = false));
addEventListener("htmx:load", reveal);
reveal();
