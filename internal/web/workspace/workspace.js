// Open pages fetch their parts again when something changed.

// What a reader unfolded stays unfolded.
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
  !(name === "open" && node.localName === "details");

// An answer that is not the page asked for (signed out, merged meanwhile) must
// not replace what is on screen: a text may be half written.
addEventListener("htmx:beforeSwap", ({ detail }) => {
  const asked = new URL(detail.requestConfig.path, location.href).pathname;
  if (detail.xhr.responseURL && new URL(detail.xhr.responseURL).pathname !== asked) detail.shouldSwap = false;
});
