// Everybody can use every page for customers, and those where staff decide what
// becomes public.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, focused, tabThrough } from "./accessible.js";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, soak, sound } from "./browser.js";
import { open, own, stage, staff } from "./scene.js";

const mode = modes.find((one) => one.script && one.width === 1440);
const { t } = mode;
const nobody = () => undefined;

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

const asker = () => scene.answered.browser;

describe("axe finds nothing on", () => {
  const finds = (name, visitor, go) => it(name, onPage(mode, visitor, async (page) => {
    await go(page);
    await accessible(page);
  }));
  for (const [name, path] of Object.entries(open)) finds(name, nobody, (page) => page.goto(desk.url + path(scene)));
  for (const [name, [whose, path]] of Object.entries(own)) finds(name, () => whose(scene).browser, (page) => page.goto(desk.url + path(whose(scene))));
  for (const [name, path] of Object.entries(staff)) finds(name, () => desk.jonas, (page) => page.goto(desk.url + path(scene)));

  const refusedForm = (path, action, button) => async (page) => {
    await page.goto(desk.url + path());
    await press(formTo(page, action), button);
    await page.locator("#error-summary").waitFor();
  };
  finds("the form to ask with errors", nobody, refusedForm(() => "/ask", "/ask", t("portal.ask.send")));
  finds("the way back with errors", nobody, refusedForm(() => "/track", "/track", t("portal.track.send")));
  finds("a case with errors", asker, refusedForm(() => `/my/${scene.answered.number}`, "/message", t("portal.message.send")));
  finds("blocked senders with errors", () => desk.jonas, refusedForm(() => "/blocks", "/blocks", t("care.blocks.do")));
  finds("what was sent", nobody, async (page) => {
    await page.goto(`${desk.url}/track`);
    await fill(formTo(page, "/my/link"), { email: "niemand@post.example" });
    await press(formTo(page, "/my/link"), t("portal.track.send_all"));
  });
  finds("suggestions and files", nobody, async (page) => {
    await page.goto(`${desk.url}/ask`);
    await page.locator("[name=subject]").fill("Zählertausch");
    await page.locator("#suggestions a").first().waitFor();
    await page.locator("input[type=file]").setInputFiles([{ name: "Foto.png", mimeType: "image/png", buffer: Buffer.from("png") }]);
    await page.locator('.upload[data-state="done"]').waitFor();
  });
  finds("checking the public text", asker, async (page) => {
    await page.goto(`${desk.url}/my/${scene.answered.number}/public?edit=1`);
    await press(formTo(page, "/public"), t("portal.public.check"));
    await page.getByRole("heading", { level: 1, name: t("portal.public.check_title") }).waitFor();
  });
  finds("an official answer before its release", () => desk.mia, async (page) => {
    await page.goto(`${desk.url}/cases/${scene.waiting.number}/public`);
    await fill(formTo(page, "/public/answer"), { answer: "Bitte schreiben Sie uns an hilfe@lindenau.example." });
    await press(formTo(page, "/public/answer"), t("release.answer.preview"));
    await page.getByText(t("release.preview.title")).waitFor();
  });
  // "all" holds every component; the pages the others show are real ones above.
  const specimens = soak ? ["all", "case", "sign-in", "error", "home", "thread", "ask", "done", "missing"] : ["all"];
  for (const name of specimens) finds(`the specimen ${name}`, () => desk.anna, async (page) => {
    const response = await page.goto(`${desk.url}/admin/design/${name}`);
    assert.equal(response.status(), 200);
  });
});

for (const width of soak ? [320, 768, 1440] : [320, 1440]) describe(`With the keyboard at ${width} px`, () => {
  const how = { ...mode, width };
  const inOrder = (stops, wanted) => {
    assert.deepEqual(stops.filter((stop) => !stop.seen || !stop.ring), [], "stops nobody can see");
    const at = wanted.map((is) => stops.findIndex((stop) => stop.is === is));
    assert.ok(!at.includes(-1), `${wanted[at.indexOf(-1)]} is among ${stops.map((stop) => stop.is).join(", ")}`);
    assert.deepEqual(at, [...at].sort((a, b) => a - b), `order of ${stops.map((stop) => stop.is).join(", ")}`);
  };

  it("the form is filled in from top to bottom, and the focus is always seen", onPage(how, nobody, async (page) => {
    await page.goto(`${desk.url}/ask`);
    const stops = await tabThrough(page);
    inOrder(stops, ["#main", "subject", "text", "email", "name", "visibility", "files"]);
    assert.match(stops.findLast((stop) => stop.tag === "button").text, new RegExp(t("portal.ask.send")));
    assert.ok(!stops.some((stop) => stop.is === "website"), "the trap is for machines");
  }));

  it("a question is sent", onPage(how, nobody, async (page) => {
    await page.goto(`${desk.url}/ask`);
    await page.locator("[name=subject]").focus();
    await page.keyboard.type("Abschlag");
    await page.keyboard.press("Tab");
    while ((await focused(page)).is !== "text") await page.keyboard.press("Tab");
    await page.keyboard.type("Wie hoch ist mein Abschlag im neuen Jahr?");
    await page.keyboard.press("Control+Enter");
    await page.locator("#error-summary").waitFor();
    assert.equal((await focused(page)).is, "error-summary");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.name === "email");
    await page.keyboard.type(`tastatur-${width}@post.example`);
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    await page.getByRole("heading", { level: 1, name: t("portal.asked.title") }).waitFor();
  }));

  it("a thread is read from top to bottom", onPage(how, nobody, async (page) => {
    await page.goto(desk.url + scene.answered.thread);
    inOrder(await tabThrough(page), ["#main", "#post-1", "#post-2"]);
  }));

  it("the one field leads through its suggestions", onPage(how, nobody, async (page) => {
    await page.goto(`${desk.url}/de/`);
    await page.locator("[data-suggest]").focus();
    await page.keyboard.type("getauscht");
    const suggestion = page.locator("#suggestions a").first();
    await suggestion.waitFor();
    while (!(await suggestion.evaluate((e) => e === document.activeElement))) {
      await page.keyboard.press("Tab");
      assert.notEqual((await focused(page)).tag, "body", "the suggestions are passed over");
    }
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.equal(new URL(page.url()).pathname, scene.waiting.thread);
  }));
});

describe("Choosing the language", () => {
  for (const [name, path] of Object.entries(open).filter(([name]) => !/English|no page/.test(name))) {
    it(`stays on ${name}`, onPage(mode, nobody, async (page) => {
      await page.goto(desk.url + path(scene));
      const before = new URL(page.url());
      const link = page.getByRole("link", { name: "English" });
      await Promise.all([page.waitForEvent("load"), link.click()]);
      await sound(page, "en");
      const after = new URL(page.url());
      const kept = after.pathname.replace(/^\/en\//, "/de/");
      if (/gone/.test(name)) assert.ok(before.pathname.startsWith(`${kept}/`) && kept !== "/de/questions", kept); // the words of its address are erased too
      else assert.equal(kept, before.pathname);
      assert.equal(after.searchParams.get("q"), before.searchParams.get("q"));
    }));
  }
});
