// data-draft="key" on a form: what is typed is kept in the tab (sessionStorage)
// until a page says <meta name="lotse-accepted" content="key">, and put back
// into empty fields after a crash or a way back. data-say-restored is announced.

const name = (key) => `lotse-draft:${key}`;
const typed = "input:not([type=hidden], [type=file], [type=password], [type=checkbox], [type=radio]), textarea";
const fields = (form) => [...form.querySelectorAll(typed)].filter((f) => f.name && !f.disabled && !("nodraft" in f.dataset));

for (const meta of document.querySelectorAll("meta[name=lotse-accepted]")) {
  sessionStorage.removeItem(name(meta.content));
}

const keep = (form) => {
  const text = {};
  for (const f of fields(form)) if (f.value) text[f.name] = f.value;
  try {
    sessionStorage.setItem(name(form.dataset.draft), JSON.stringify(text));
  } catch {} // the storage is full or forbidden: the page works without
};

const restore = (form) => {
  let text = {};
  try {
    text = JSON.parse(sessionStorage.getItem(name(form.dataset.draft))) ?? {};
  } catch {}
  let put = false;
  for (const f of fields(form)) {
    if (f.value || !text[f.name]) continue;
    f.value = text[f.name];
    f.dispatchEvent(new Event("input", { bubbles: true }));
    put = true;
  }
  if (put) document.getElementById("live").textContent = form.dataset.sayRestored ?? "";
};

addEventListener("input", ({ target }) => target.form?.dataset.draft && keep(target.form));
addEventListener("pageshow", () => document.querySelectorAll("[data-draft]").forEach(restore));
