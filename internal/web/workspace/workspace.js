// Open pages fetch their parts again when something changed.

// What a reader unfolded stays unfolded.
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
  !(name === "open" && node.localName === "details");

// An answer that is not the page asked for (signed out, merged meanwhile) must
// not replace what is on screen: a text may be half written.
addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.elt.id === "class-form") return classified(detail);
  const asked = new URL(detail.requestConfig.path, location.href).pathname;
  if (detail.xhr.responseURL && new URL(detail.xhr.responseURL).pathname !== asked) detail.shouldSwap = false;
  if (isOutdated(detail.requestConfig.path)) {
    detail.shouldSwap = false;
    htmx.trigger(detail.requestConfig.elt, "lotse:elapsed");
  }
});

// A classification is saved without leaving the page: what is typed into the other
// forms stays, and they answer to the version that came of it. What was refused is
// sent again as a whole page, which says why.
function classified(detail) {
  const form = detail.requestConfig.elt;
  if (detail.isError) {
    for (const text of document.querySelectorAll("textarea, #reply input[name=upload]")) {
      const kept = Object.assign(document.createElement("input"), { type: "hidden", name: text.name, value: text.value });
      if (text.name && text.value) form.append(kept);
    }
    form.submit();
    return;
  }
  const page = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  if (!page.querySelector("#class-form")) { // signed out, or merged meanwhile
    detail.shouldSwap = false;
    location.assign(detail.xhr.responseURL);
    return;
  }
  for (const name of ["seen", "read"]) {
    const now = page.querySelector(`#class-form [name="${name}"]`)?.value;
    if (now) for (const field of document.querySelectorAll(`input[name="${name}"]`)) field.value = now;
  }
}

// A part that was asked for before a classification was saved would report that as
// news.
function isOutdated(path) {
  const since = new URL(path, location.href).searchParams.get("since");
  const seen = document.querySelector("#class-form [name=seen]")?.value;
  return since !== null && seen !== undefined && Number(since) < Number(seen);
}

// The answer. An image pasted or dropped into the text becomes a file of it, named
// where it belongs; other files that are dropped are attached.
const answer = document.querySelector("textarea[data-pictures]");
const kinds = { "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp" };

function takeFiles(files) {
  const box = answer.form.querySelector("[data-upload]");
  const taken = () => answer.value + [...box.querySelectorAll(".upload-name")].map((e) => e.textContent).join();
  const word = answer.dataset.pictures;
  const named = files.map((file) => {
    const kind = kinds[file.type];
    if (!kind) return file;
    let n = 1;
    while (taken().includes(`${word.toLowerCase()}-${n}.`)) n++;
    const name = `${word.toLowerCase()}-${n}.${kind}`;
    answer.setRangeText(`![${word}](cid:${name})`, answer.selectionStart, answer.selectionEnd, "end");
    return new File([file], name, { type: file.type });
  });
  answer.dispatchEvent(new Event("input", { bubbles: true }));
  box.dispatchEvent(new CustomEvent("lotse:files", { detail: named }));
}

answer?.addEventListener("paste", (event) => {
  const data = event.clipboardData;
  const images = [...data.files].filter((file) => kinds[file.type]);
  if (images.length === 0 || data.types.includes("text/plain")) return; // office programs add a picture of the text
  event.preventDefault();
  takeFiles(images);
});
answer?.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
answer?.addEventListener("drop", (event) => {
  if (event.dataTransfer.files.length === 0) return;
  event.preventDefault();
  takeFiles([...event.dataTransfer.files]);
});

// "Answer all" fills in the recipients without a way to the server.
for (const button of document.querySelectorAll("[data-all]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const cc = button.form.elements.mail_cc;
    cc.value = [cc.value.trim().replace(/[,;]+$/, ""), button.dataset.all].filter(Boolean).join(", ");
    button.closest(".reply-all").remove();
    cc.dispatchEvent(new Event("input", { bubbles: true }));
    cc.focus();
  });
}
