// What an answer carries and whom it reaches: images from the clipboard, and all who
// stood in the letter or fewer.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, sound } from "./browser.js";
import { Desk } from "./desk.js";

let desk;
let rounds = 0; // each writes to addresses of its own

before(async () => {
  [desk] = await Promise.all([Desk.furnished(), openBrowser()]);
  await desk.undoSeconds(0);
});
after(async () => {
  await closeBrowser();
  await desk?.stop();
});

for (const mode of modes.filter(({ language }) => language === "de")) describe(`An answer, ${mode.name}`, () => {
  const { t, language, script } = mode;
  const mia = () => desk.mia;
  const open = async (page, letter) => {
    await page.goto(`${desk.url}/cases/${letter.number}`);
    await sound(page, language);
  };
  const send = (page) => press(formTo(page, "/reply"), t("workspace.reply.send"));

  if (script) it("takes an image out of the clipboard to where it was pasted", onPage(mode, mia, async (page, context) => {
    const letter = await desk.letter();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await open(page, letter);
    const text = page.locator("[name=reply]");
    await text.fill("So sieht das Typenschild aus:\n\n");
    await text.press("Control+End");
    await page.evaluate(async (bytes) => {
      const image = new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], { type: "image/png" });
      await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
    }, picture);
    await text.press("Control+V");
    const name = `${t("reply.picture").toLowerCase()}-1.png`;
    await page.locator('.upload[data-state="done"]').filter({ hasText: name }).waitFor();
    assert.equal(await text.inputValue(), `So sieht das Typenschild aus:\n\n![${t("reply.picture")}](cid:${name})`);
    await sound(page, language);
    await text.press("Control+End");
    await page.keyboard.type("\n\nDie Nummer steht rechts unten.");
    await send(page);

    const shown = page.locator('li[id^="m-"]').filter({ hasText: "Die Nummer steht rechts unten." }).locator("img");
    await shown.waitFor();
    assert.deepEqual(await shown.evaluate(async (img) => (await img.decode(), [img.naturalWidth, img.alt])), [2, t("reply.picture")]);
    await sound(page, language);

    const mail = await desk.sink.wait(letter.from, (m) => m.text.includes("Typenschild"));
    await page.goto("about:blank");
    await page.setContent(mail.html);
    const sent = page.locator("img").first();
    assert.deepEqual(await sent.evaluate(async (img) => (await img.decode(), [img.naturalWidth, img.alt])), [2, t("reply.picture")]);
    const order = await page.evaluate(() => [...document.body.innerText.matchAll(/Typenschild|rechts unten/g)].map(([word]) => word));
    assert.deepEqual(order.slice(0, 2), ["Typenschild", "rechts unten"]);
    assert.match(mail.raw, /Content-Disposition: inline/i);
    assert.ok(!/cid:|!\[/.test(mail.text), `the plain text shows no markup:\n${mail.text}`);
  }));

  it("goes to all who stood in the letter, but for whom its writer strikes out", onPage(mode, mia, async (page) => {
    const who = (name) => `${name}.${rounds}@post.example`;
    rounds++;
    const [kept, struck, blind] = ["bernd", "carla", "kanzlei"].map(who);
    const letter = await desk.letter({ header: { Cc: `Bernd Kaya <${kept}>, Carla Nowak <${struck}>` } });
    await desk.jonas.post(`/cases/${letter.number}/note`, { note: "Zahlt seit Mai nicht." });
    await open(page, letter);
    const form = formTo(page, "/reply");
    await fill(form, { reply: "Wir prüfen Ihren Zähler." });
    const all = form.getByRole("button", { name: t("reply.all") });
    if (script) await all.click();
    else await press(form, t("reply.all"));
    const cc = form.locator("[name=mail_cc]");
    const named = await cc.inputValue();
    for (const one of [kept, struck]) assert.ok(named.includes(one), `${one} is among “${named}”`);
    assert.equal(await all.count(), 0, "nobody is left to add");
    assert.equal(await form.locator("[name=reply]").inputValue(), "Wir prüfen Ihren Zähler.");
    await sound(page, language);

    await cc.fill(named.split(", ").filter((one) => !one.includes(struck)).join(", "));
    await form.locator("summary").filter({ hasText: t("reply.bcc_show") }).click();
    await fill(form, { mail_bcc: blind });
    await send(page);
    await page.locator('li[id^="m-"]').filter({ hasText: "Wir prüfen Ihren Zähler." }).waitFor();
    await sound(page, language);

    for (const to of [letter.from, kept, blind]) {
      const mail = await desk.sink.wait(to, (m) => m.text.includes("Wir prüfen Ihren Zähler."));
      const { raw, text, html, header } = mail;
      assert.ok(header.to.includes(letter.from) && header.cc.includes(kept), `${header.to}, ${header.cc}`);
      for (const secret of ["Zahlt seit Mai nicht", struck, blind]) {
        for (const part of [raw, text, html]) assert.ok(!part.includes(secret), `“${secret}” is in the mail to ${to}`);
      }
    }
    assert.deepEqual(desk.sink.mails.filter((m) => m.to.includes(struck)), [], "who was struck out is not written to");
  }));
});

// A PNG two pixels wide, one high.
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGM4EcDAEHACAAevAjHHE4H/AAAAAElFTkSuQmCC";
