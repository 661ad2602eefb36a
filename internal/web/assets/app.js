// Small conveniences on top of pages that work without them. Elements ask for
// them by data attributes; everything is delegated or set up again for what
// htmx swaps in, so page code never calls anything here.

const $$ = (root, selector) => [
  ...(root.matches?.(selector) ? [root] : []),
  ...root.querySelectorAll(selector),
];
const lang = document.documentElement.lang || "de";

/** Reads text to people who use a screen reader. */
const say = (text) => {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
};

// data-key="r" or "g i": presses (or focuses) the element. Never while typing,
// never with a modifier; data-keys="off" on <html> turns all of them off.
let first = "";
let timer = 0;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return closeMenus(null, true);
  if (event.ctrlKey || event.metaKey) return submitFrom(event);
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  if (document.documentElement.dataset.keys === "off") return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const target =
    (first && find(`${first} ${event.key}`)) || find(event.key);
  clearTimeout(timer);
  first = target ? "" : event.key;
  timer = setTimeout(() => (first = ""), 1000);
  if (!target) return;
  event.preventDefault();
  target.matches("input:not([type=submit]), textarea, select") ? target.focus() : target.click();
});
const find = (keys) =>
  $$(document, `[data-key="${CSS.escape(keys)}"]`).find((e) => e.checkVisibility());

// Ctrl or Cmd with Enter sends the form one is writing in.
const submitFrom = (event) => {
  if (event.key === "Enter" && event.target.matches("textarea")) event.target.form?.requestSubmit();
};

// Menus close on Escape, with the focus back on them, and on a click elsewhere.
const closeMenus = (except, refocus) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu.contains(except)) continue;
    if (refocus && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
};
document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

const copy = async (button) => {
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.textContent.trim());
  say(button.dataset.copied);
  button.dataset.state = "done";
};

document.addEventListener("change", (event) => {
  const list = document.getElementById(event.target.dataset?.files);
  if (list) list.replaceChildren(...Array.from(event.target.files, fileLine));
});
const fileLine = (file) => {
  const line = document.createElement("li");
  const size = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
  line.textContent = `${file.name} (${size.format(file.size / 1e6)} MB)`;
  return line;
};

// Browsers without field-sizing grow text areas here.
const grow = (area) => {
  area.style.blockSize = "auto";
  area.style.blockSize = `${area.scrollHeight + 2}px`;
};
if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", (e) => e.target.matches("textarea[data-grow]") && grow(e.target));
}

// Relative times age, countdowns run out.
const words = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];
const age = (element) => {
  const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
  if (Math.abs(seconds) > 6 * 86400) return;
  const [unit, size] = steps.find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 0];
  element.textContent = words.format(size ? Math.trunc(seconds / size) : 0, unit);
};
const tick = (element) => {
  const left = Math.ceil((Date.parse(element.dataset.until) - Date.now()) / 1000);
  element.querySelector("[data-left]").textContent = Math.max(left, 0);
  if (left > 0) return;
  element.hidden = true;
  element.removeAttribute("data-until");
  element.dispatchEvent(new CustomEvent("lotse:elapsed", { bubbles: true }));
};
setInterval(() => $$(document, "time[data-relative]").forEach(age), 30000);
setInterval(() => $$(document, "[data-until]").forEach(tick), 1000);

const prepare = (root) => {
  $$(root, "[data-copy]").forEach((button) => (button.hidden = !navigator.clipboard));
  if (!CSS.supports("field-sizing", "content")) $$(root, "textarea[data-grow]").forEach(grow);
};
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target));
