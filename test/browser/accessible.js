// Whether everybody can use a page: what axe finds, and where the keyboard leads.
import assert from "node:assert/strict";
import axe from "axe-core";
import { soak, sound } from "./browser.js";

const sizes = soak ? [320, 768, 1440, 3840] : [320, 1440];
const themes = soak ? ["light", "dark"] : ["light"];
// axe is a third of what the browser tests cost: outside the soak it looks at the
// narrow page, where more is folded away and closer together.
const looked = soak ? sizes : [320];

/** Asserts that the page is sound on every size, and that axe finds nothing on it as it is. */
export async function accessible(page) {
  const found = new Set();
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    for (const width of sizes) {
      await page.setViewportSize({ width, height: 900 });
      await sound(page);
      if (looked.includes(width)) for (const fault of await violations(page)) found.add(`${fault} (${width} px, ${colorScheme})`);
    }
  }
  assert.deepEqual([...found], [], `axe on ${new URL(page.url()).pathname}`);
}

/** What axe finds on the page, or in a part of it. */
export async function violations(page, part = "html") {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const faults = await page.evaluate((part) => globalThis.axe.run(part, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }), part);
  return faults.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.html.slice(0, 120)}`));
}

/**
 * What has the focus: enough to tell where a keyboard user is, and whether that
 * can be seen.
 */
export const focused = (page) => page.evaluate(() => {
  const e = document.activeElement;
  const box = e.getBoundingClientRect();
  const style = getComputedStyle(e);
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return {
    is: e.name || e.getAttribute("href") || e.closest("form")?.getAttribute("action") || e.id || e.localName,
    tag: e.localName, text: e.innerText?.trim().slice(0, 40), ring,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
});

/** Every stop of the Tab key, from the top of the page to its end. */
export async function tabThrough(page) {
  const stops = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    if (stop.tag === "body" || stops.length > 150) return stops;
    stops.push(stop);
  }
}
