// data-upload="address" around a file input: each chosen file is sent at once and
// shows its progress; what arrived stays in the form as hidden inputs. Without
// this script the same input is sent with its form.

const live = document.getElementById("live");
const running = new WeakMap(); // form -> number of files under way
const waiting = new WeakMap(); // form -> the button that was pressed meanwhile

const element = (tag, props, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};
const icon = (name, from) => {
  const copy = from.querySelector(".icon").cloneNode(true);
  const use = copy.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return copy;
};
const size = (bytes) => {
  const [value, unit] = bytes < 1e6 ? [Math.max(1, Math.round(bytes / 1e3)), "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
};
const button = (text, about, press) => {
  const hidden = element("span", { className: "visually-hidden", textContent: ` ${about}` });
  const b = element("button", { type: "button", className: "link-button" }, text, hidden);
  b.addEventListener("click", press);
  return b;
};
const mark = (line, state, sign) => {
  line.dataset.state = state;
  line.querySelector(".icon").replaceWith(icon(sign, line));
};

// One file more or fewer under way; the last one lets a waiting form go.
const under = (form, n) => {
  const left = (running.get(form) ?? 0) + n;
  running.set(form, left);
  if (left > 0 || !waiting.has(form)) return;
  const pressed = waiting.get(form);
  waiting.delete(form);
  form.requestSubmit(pressed);
};

const remove = (box, line) => {
  const next = line.nextElementSibling ?? line.previousElementSibling;
  line.remove();
  live.textContent = box.dataset.sayRemoved;
  (next?.querySelector("button") ?? box.querySelector("input[type=file]")).focus();
};
const removal = (box, line, name) =>
  element("span", { className: "upload-remove" }, button(box.dataset.sayRemove, name, () => remove(box, line)));

const fail = (box, line, name, text, again) => {
  mark(line, "failed", "error");
  line.querySelector("progress")?.remove();
  line.querySelector(".upload-remove").replaceWith(removal(box, line, name));
  if (again) line.querySelector(".upload-remove").prepend(button(box.dataset.sayRetry, name, again));
  line.append(element("p", { className: "upload-error", textContent: text }));
  live.textContent = `${name}: ${text}`;
  if (!waiting.delete(box.closest("form"))) return;
  live.textContent = box.dataset.sayStopped; // what was about to be sent would lack it
  line.querySelector("button").focus();
};

const arrived = (box, line, { token, name, size: bytes }) => {
  mark(line, "done", "success");
  line.querySelector("progress").remove();
  line.querySelector(".upload-name").textContent = name;
  line.querySelector(".upload-size").textContent = size(bytes);
  line.append(element("input", { type: "hidden", name: "upload", value: token }));
  live.textContent = `${name}: ${box.dataset.saySent}`;
};

const send = (box, line, file) => {
  const form = box.closest("form");
  const request = new XMLHttpRequest();
  const bar = element("progress", { max: 100, value: 0 });
  bar.setAttribute("aria-label", file.name);
  line.querySelector(".upload-error")?.remove();
  line.querySelector(".upload-remove").replaceWith(
    element("span", { className: "upload-remove" }, button(box.dataset.sayRemove, file.name, () => request.abort())),
  );
  mark(line, "sending", "clock");
  line.append(bar);
  request.upload.addEventListener("progress", (e) => e.lengthComputable && (bar.value = (100 * e.loaded) / e.total));
  request.addEventListener("abort", () => remove(box, line));
  request.addEventListener("error", () => fail(box, line, file.name, box.dataset.sayFailed, () => send(box, line, file)));
  request.addEventListener("load", () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {} // a page of a proxy, not ours
    if (request.status < 300 && answer.token) arrived(box, line, answer);
    else fail(box, line, file.name, answer.error ?? box.dataset.sayFailed, answer.error ? null : () => send(box, line, file));
  });
  request.addEventListener("loadend", () => under(form, -1));
  const body = new FormData();
  body.append("file", file);
  under(form, 1);
  request.open("POST", box.dataset.upload);
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
};

const take = (box, files) => {
  const list = box.querySelector(".upload-list");
  for (const file of files) {
    const line = element(
      "li",
      { className: "upload" },
      icon("file", box),
      element("span", { className: "upload-name", textContent: file.name }),
      element("span", { className: "upload-size", textContent: size(file.size) }),
      element("span", { className: "upload-remove" }),
    );
    list.append(line);
    const { max, maxFiles, sayLarge, sayMany } = box.dataset;
    const there = list.querySelectorAll('.upload:not([data-state="failed"])').length;
    if (max && file.size > max) fail(box, line, file.name, sayLarge);
    else if (maxFiles && there > maxFiles) fail(box, line, file.name, sayMany);
    else {
      live.textContent = `${file.name}: ${box.dataset.saySending}`;
      send(box, line, file);
    }
  }
};

for (const box of document.querySelectorAll("[data-upload]")) {
  const input = box.querySelector("input[type=file]");
  const zone = box.querySelector(".upload-zone");
  box.querySelector("[data-upload-call]").hidden = false;
  zone.dataset.ready = "";
  input.addEventListener("change", () => {
    take(box, [...input.files]);
    input.value = "";
  });
  // Files that came another way, such as by pasting into the form's text.
  box.addEventListener("lotse:files", (e) => take(box, e.detail));
  for (const [event, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    zone.addEventListener(event, (e) => {
      e.preventDefault();
      zone.toggleAttribute("data-over", over);
      if (event === "drop") take(box, [...e.dataTransfer.files]);
    });
  }
  // What the server kept: a button instead of the checkbox.
  for (const line of box.querySelectorAll(".upload")) {
    line.querySelector(".upload-remove").replaceWith(removal(box, line, line.querySelector(".upload-name").textContent));
  }
  box.closest("form").addEventListener("submit", (event) => {
    const form = event.target;
    if (!running.get(form)) return;
    event.preventDefault();
    waiting.set(form, event.submitter);
    live.textContent = box.dataset.sayWaiting;
  });
}
