// What becomes public: the customer decides and sees exactly what, staff release
// and answer by acts of their own, everybody reads, the customer takes it back.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, refused, sound } from "./browser.js";
import { ask, secrets } from "./customer.js";
import { Desk } from "./desk.js";
import { until } from "./wait.js";

before(openBrowser);
after(closeBrowser);

const title = "Warum läuft mein Zähler nach dem Zählertausch rückwärts?";

for (const mode of modes) describe(`A public question, ${mode.name}`, () => {
  const { t, language, script } = mode;
  let desk;
  let asked;
  let thread; // address of its page
  const stranger = () => undefined;
  const own = () => ({ cookies: asked.browser.cookies });
  const mia = () => desk.mia;

  before(async () => {
    desk = await Desk.furnished(language);
    asked = await ask(desk);
    await asked.browser.post(asked.link.pathname, {}); // the link in the mail confirms the address
  });
  after(() => desk?.stop());

  const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
  const mine = (page, rest = "") => page.goto(`${desk.url}/my/${asked.number}${rest}?lang=${language}`);
  const read = async (path) => (await fetch(desk.url + path)).text();
  const keepsSecrets = (html) => {
    for (const secret of [...secrets, asked.number, asked.email, asked.name]) assert.ok(!html.includes(secret), `${secret} is public`);
  };

  it("is proposed with what is personal masked, changed, checked and only then released by its author", onPage(mode, own, async (page) => {
    await mine(page);
    await page.getByRole("link", { name: t("portal.publicity.start") }).click();
    await heading(page, t("portal.public.title_new"));
    await sound(page, language);
    const form = formTo(page, "/public");
    const proposed = await form.locator("[name=text]").inputValue();
    assert.ok(proposed.includes("läuft mein Zähler rückwärts"), "it begins with the author's words");
    keepsSecrets(proposed);
    await page.getByText(t("portal.public.masked")).waitFor();
    await fill(form, { title: "" });
    await press(form, t("portal.public.check"));
    await refused(page, t, ["title"]);
    await sound(page, language);
    const text = `Seit dem Zählertausch läuft er rückwärts. Meine Nummer ist 0341 9876543. ${proposed.slice(0, 20)}`;
    await fill(form, { title, text });
    await press(form, t("portal.public.check"));
    await heading(page, t("portal.public.check_title"));
    await sound(page, language);
    const preview = await page.locator(".preview-text").innerText();
    assert.ok(preview.includes(title) && preview.includes("rückwärts"), preview);
    keepsSecrets(preview);
    assert.ok(!(await read(`/${language}/questions`)).includes(title), "nothing is public yet");
    await press(page, t("portal.public.change"));
    await heading(page, t("portal.public.title_new"));
    assert.equal(await form.locator("[name=title]").inputValue(), title, "it can still be changed");
    await press(form, t("portal.public.check"));
    await press(page, t("portal.public.yes"));
    await page.getByText(t("portal.publicity.review")).waitFor();
    await sound(page, language);
    assert.ok(!(await read(`/${language}/questions`)).includes(title), "a first question is read by somebody before");
  }));

  it("is a duty of staff, who release exactly these words", onPage(mode, mia, async (page) => {
    await page.goto(`${desk.url}/duties`);
    await sound(page, language);
    await page.getByRole("link", { name: title }).click();
    await page.getByText(t("release.everybody.title")).waitFor();
    await sound(page, language);
    await press(page, t("release.release"));
    await page.getByText(t("release.done.release")).waitFor();
    await sound(page, language);
    const link = page.getByRole("link", { name: t("release.open") });
    thread = await link.getAttribute("href");
    assert.match(thread, new RegExp(`^/${language}/questions/[0-9a-z]+/warum-laeuft-mein-zaehler-nach-dem-zaehlertausch-rueckwaerts$`));
    await page.goto(`${desk.url}/duties`);
    await page.getByText(t("duties.empty.review.title")).waitFor();
  }));

  it("is read by a stranger, and stands in the list of unanswered ones", onPage(mode, stranger, async (page, context) => {
    await page.goto(desk.url + thread);
    await heading(page, title);
    await sound(page, language);
    keepsSecrets(await page.content());
    await page.locator(".thread-state").getByText(t("ui.answered.no")).waitFor();
    for (const rest of ["/questions", "/questions/unanswered"]) {
      await page.goto(`${desk.url}/${language}${rest}`);
      await sound(page, language);
      await page.getByRole("link", { name: title }).click();
      await heading(page, title);
    }
    assert.deepEqual(await context.cookies(), []);
  }));

  it("is answered officially in two steps that nobody takes for a private reply", onPage(mode, mia, async (page) => {
    await page.goto(`${desk.url}/cases/${asked.number}`);
    await page.getByText(t("care.public.shown")).waitFor();
    await sound(page, language);
    await page.getByRole("link", { name: t("care.public.open") }).click();
    await page.getByText(t("release.everybody.title")).waitFor();
    const form = formTo(page, "/public/answer");
    await press(form, t("release.answer.preview"));
    await refused(page, t, ["answer"]);
    await fill(form, { answer: language === "de" ? "Bitte schreiben Sie uns privat." : "Please write to us in private." });
    await press(form, t("release.answer.preview"));
    await page.getByText(t("release.preview.empty.title")).waitFor();
    await sound(page, language);
    await press(page, t("release.preview.back"));
    await fill(form, { answer: "Der neue Zähler zählt **Einspeisung** getrennt. Wir stellen ihn am Freitag um." });
    await press(form, t("release.answer.preview"));
    await page.getByText(t("release.preview.title")).waitFor();
    await sound(page, language);
    assert.ok(!(await read(thread)).includes("Einspeisung"), "a preview is not public");
    await press(page, t("release.preview.release"));
    await page.getByText(t("release.done.answer")).waitFor();
    await sound(page, language);
  }));

  it("is found by a stranger with its answer, and waits no longer", onPage(mode, stranger, async (page) => {
    await page.goto(desk.url + thread);
    const official = page.locator('.post[data-role="official"]');
    await official.getByText("Einspeisung").waitFor();
    await official.getByText("Mia Krüger").waitFor();
    await sound(page, language);
    keepsSecrets(await page.content());
    await page.goto(`${desk.url}/${language}/questions/unanswered`);
    await page.getByText(t("public.unanswered.empty")).waitFor();
    assert.ok(!(await page.content()).includes(title));
    await until("the index to know it", async () => (await read(`/${language}/suggest?q=zaehler`)).includes(thread));
    await page.goto(`${desk.url}/${language}/`);
    await sound(page, language);
    const field = page.getByRole("searchbox", { name: t("public.field.label") });
    await field.fill("zaehler rueckwaerts"); // its title says it with umlauts
    if (!script) await field.press("Enter");
    const found = page.getByRole("link", { name: title });
    await (script ? page.locator("#suggestions").getByRole("link", { name: title }) : found).first().waitFor();
    await sound(page, language);
    if (script) {
      assert.equal(await page.locator("#live").innerText(), t("public.search.count.one"), "the number is read out");
      assert.ok(await field.evaluate((e) => e === document.activeElement), "the focus stays in the field");
      await field.press("Escape");
      assert.equal(await page.locator("#suggestions a").count(), 0, "Escape puts them away");
    }
    await page.goto(`${desk.url}/${language}/search?q=zaehler+rueckwaerts`);
    await sound(page, language);
    await found.first().click();
    await heading(page, title);
  }));

  it("is taken back by its author within a second everywhere", onPage(mode, own, async (page) => {
    await mine(page, "/public");
    await page.getByText(t("portal.publicity.shown")).waitFor();
    await sound(page, language);
    await page.getByRole("link", { name: t("portal.take_back.open") }).click();
    await heading(page, t("portal.take_back.title"));
    await sound(page, language);
    const places = [thread, `/${language}/questions`, `/${language}/questions.atom`, `/${language}/`, "/sitemap.xml", `/${language}/search?q=Zählertausch`];
    await press(page, t("portal.take_back.button"));
    const since = Date.now();
    const gone = async (path) => !(await read(path)).includes(path === "/sitemap.xml" ? thread : "rückwärts");
    await Promise.all(places.map((path) => until(`${path} to be without it`, () => gone(path))));
    assert.ok(Date.now() - since < 1000, `it took ${Date.now() - since} ms`);
    await page.getByText(t("portal.done.taken_back")).waitFor();
    await sound(page, language);
    await onPage(mode, stranger, async (theirs) => {
      assert.equal((await theirs.goto(desk.url + thread)).status(), 410);
      await heading(theirs, t("public.gone.title"));
      await sound(theirs, language);
    })();
    await mine(page);
    await page.locator("#publicity").getByText(t("portal.publicity.private_text")).waitFor();
    await sound(page, language);
  }));
});
