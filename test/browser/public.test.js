// What every page for customers keeps: it leaves nothing in the browser of who
// only looks, asks nobody else, is small, and is well formed.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, sound } from "./browser.js";
import { asQuestion, faults, structured, vocabulary } from "./markup.js";
import { open, own, stage, staff } from "./scene.js";

const mode = modes.find((one) => one.script && one.width === 1440);
const { t } = mode;

let scene;
let desk;
before(async () => {
  [scene] = await Promise.all([stage(), openBrowser()]);
  ({ desk } = scene);
});
after(async () => {
  await closeBrowser();
  await desk?.stop();
});

// Loads a page; returns what came along with it.
async function load(page, path) {
  const scripts = [];
  const heard = async (response) => {
    if (response.request().resourceType() === "script") scripts.push(await response.body());
  };
  page.on("response", heard);
  const response = await page.goto(desk.url + path, { waitUntil: "networkidle" });
  page.off("response", heard);
  return { html: await response.text(), scripts };
}

describe("Who only looks", () => {
  for (const [name, path] of Object.entries(open)) {
    it(`is not remembered on ${name}, and loads little`, onPage(mode, () => undefined, async (page, context) => {
      const { html, scripts } = await load(page, path(scene));
      await sound(page);
      assert.deepEqual(await context.cookies(), []);
      assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
      const size = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
      assert.ok(size < 30_000, `${size} bytes of JavaScript`);
      assert.deepEqual(await faults(html), []);
    }));
  }
});

describe("Who opened a case", () => {
  for (const [name, [whose, path]] of Object.entries(own)) {
    it(`reads ${name} as good HTML, and loads little`, onPage(mode, () => whose(scene).browser, async (page) => {
      const { html, scripts } = await load(page, path(whose(scene)));
      await sound(page);
      const size = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
      assert.ok(size < 30_000, `${size} bytes of JavaScript`);
      assert.deepEqual(await faults(html), []);
    }));
  }

  it("reads refused forms as good HTML", onPage(mode, () => scene.answered.browser, async (page) => {
    for (const [path, action, button] of [
      ["/ask", "/ask", t("portal.ask.send")],
      ["/track", "/track", t("portal.track.send")],
      [`/my/${scene.answered.number}`, "/message", t("portal.message.send")],
    ]) {
      await page.goto(desk.url + path);
      const form = formTo(page, action);
      if (path === "/ask") await fill(form, { subject: "Nur der Betreff" });
      const [response] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), press(form, button)]);
      assert.equal(response.status(), 422);
      assert.deepEqual(await faults(await response.text()), [], path);
    }
  }));
});

describe("Staff", () => {
  for (const [name, path] of Object.entries(staff)) {
    it(`read ${name} as good HTML`, onPage(mode, () => desk.jonas, async (page) => {
      const { html } = await load(page, path(scene));
      await sound(page);
      assert.deepEqual(await faults(html), []);
    }));
  }
});

describe("Structured data", () => {
  const data = async (path) => structured(await (await fetch(desk.url + path)).text());

  it("describes an answered question as schema.org and Google want it", async () => {
    const page = await data(scene.answered.thread);
    assert.deepEqual(vocabulary(page), []);
    asQuestion(page, { url: desk.url + scene.answered.thread, answers: 1, accepted: true });
    assert.equal(page.mainEntity.acceptedAnswer.author["@type"], "Organization");
  });

  it("describes a question that waits", async () => {
    const page = await data(scene.waiting.thread);
    assert.deepEqual(vocabulary(page), []);
    asQuestion(page, { url: desk.url + scene.waiting.thread, answers: 0, accepted: false });
    assert.equal(page.mainEntity.author.name, "Heike");
  });

  it("would be told apart from what the vocabulary does not know", async () => {
    const page = await data(scene.answered.thread);
    assert.notDeepEqual(vocabulary({ ...page, mainEntity: { ...page.mainEntity, answers: 1 } }), []);
    assert.notDeepEqual(vocabulary({ ...page, "@type": "QuestionPage" }), []);
  });
});

describe("The check of HTML", () => {
  it("notices what is wrong", async () => {
    const page = (body) => `<!doctype html><html lang="de"><head><title>x</title></head><body>${body}</body></html>`;
    assert.deepEqual(await faults(page("<p>gut</p>")), []);
    for (const bad of ["<p><div></div></p>", '<i id="a"></i><i id="a"></i>', "<img src='x'>", "<ul><p>x</p></ul>", "<b><i></b></i>"]) {
      assert.notDeepEqual(await faults(page(bad)), [], bad);
    }
  });
});
