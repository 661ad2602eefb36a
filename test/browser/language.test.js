// German and English: by the browser's wish, by choice, and completely.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, sound } from "./browser.js";
import { Desk, mailbox, password } from "./desk.js";
import { send } from "./mail.js";
import { until } from "./wait.js";
import { catalogue, words } from "./words.js";

const other = { de: "en", en: "de" };
const ways = modes.filter((mode) => mode.language === "de");
const saying = (mode, language) => ({ ...mode, language, t: words(language) });

let desk;
before(async () => {
  [desk] = await Promise.all([Desk.demo(), openBrowser()]);
});
after(async () => {
  await closeBrowser();
  await desk?.stop();
});

// Everything on the page that is of the catalogue's other language.
async function foreign(page, language) {
  const strange = texts(other[language]);
  const own = texts(language);
  const found = await page.evaluate(() => {
    const shown = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement.closest("script, style, .mail, [lang]:not(html)")) shown.push(node.data);
    }
    for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
      for (const name of ["aria-label", "title", "placeholder", "alt"]) shown.push(e.getAttribute(name) ?? "");
    }
    return shown.map((text) => text.replace(/\s+/g, " ").trim()).filter(Boolean);
  });
  assert.ok(found.length > 5, "the page has texts");
  return found.filter((text) => strange.some((one) => one.test(text)) && !own.some((one) => one.test(text)));
}

const known = {};

// A pattern for each text of a language. What consists of values alone fits
// everything and says nothing.
function texts(language) {
  return (known[language] ??= Object.entries(catalogue(language))
    .filter(([key]) => key !== "public.language") // a language is always called by its own name
    .map(([, text]) => text)
    .filter((text) => /\p{L}{2}/u.test(text.replace(/\{\{.*?\}\}/g, "")))
    .map((text) => new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\{.*?\}\}/g, ".+").replace(/\s+/g, " ")}$`)));
}

describe("The language of a page", () => {
  const nobody = () => undefined;

  for (const [wish, language] of [["de-DE", "de"], ["en-GB", "en"], ["de-AT", "de"], ["en-US", "en"]]) {
    it(`is ${language} for a browser that wishes ${wish}`, onPage({ ...ways[0], language: wish }, nobody, async (page) => {
      await page.goto(`${desk.url}/signin`);
      await page.getByRole("heading", { level: 1, name: words(language)("account.sign_in.title") }).waitFor();
      await sound(page, language);
    }));
  }

  for (const mode of ways) {
    it(`can be chosen by who is not signed in, ${mode.name}`, onPage(mode, nobody, async (page) => {
      await page.goto(`${desk.url}/signin?next=%2Faccount`);
      await page.getByRole("link", { name: "English" }).click();
      await sound(page, "en");
      await press(page, words("en")("account.sign_in.submit"));
      await page.locator("#error-summary").waitFor();
      await sound(page, "en");
      assert.deepEqual(await foreign(page, "en"), []);
      await page.getByRole("link", { name: words("en")("account.sign_in.forgot") }).click();
      await sound(page, "en");
      await page.getByRole("link", { name: "Deutsch" }).click();
      await sound(page, "de");
    }));

    it(`is kept with the person, ${mode.name}`, onPage(mode, () => desk.selin, async (page) => {
      for (const language of ["en", "de"]) {
        await page.goto(`${desk.url}/account`);
        const form = formTo(page, "/account/language");
        await fill(form, { language });
        await press(form, words(other[language])("common.save"));
        await page.getByText(words(language)("account.language.saved")).waitFor();
        await page.goto(`${desk.url}/cases`);
        await sound(page, language);
      }
    }));
  }
});

for (const language of ["de", "en"]) describe(`Every page, ${language}`, () => {
  const mode = saying(ways.at(1), language);
  const anna = () => desk.anna;
  let pages;

  before(async () => {
    for (const who of ["anna", "mia"]) await desk[who].post("/account/language", { language });
    await send(desk.mailPort, { from: "", to: mailbox, subject: "Ohne Absender", text: "Wer schreibt das?" });
    await until("a mail to look at", async () => (await desk.anna.page("/look")).includes("/raw"));
    const link = async (list, pattern) => (await desk.anna.page(list)).match(pattern)[1];
    const cases = [...(await desk.anna.page("/cases?view=all")).matchAll(/href="(\/cases\/L-[^"]+)"/g)].map((m) => m[1]);
    pages = [
      ...["mine", "unowned", "team", "open", "all"].map((view) => `/cases?view=${view}`), "/cases?q=wort", "/cases?q=L-0000-00", ...new Set(cases),
      "/look", "/account", "/admin/staff", "/admin/staff/invite", "/admin/teams", "/admin/teams/new", "/admin/mailboxes", "/admin/mailboxes/new", "/admin/webhooks", "/admin/webhooks/new", "/admin/brand",
      "/admin/catalogue", "/admin/catalogue?list=product", "/admin/catalogue?list=region",
      await link("/admin/staff", /href="(\/admin\/staff\/[0-9a-f-]{36})"/), await link("/admin/teams", /href="(\/admin\/teams\/[0-9a-f-]{36})"/),
      await link("/admin/mailboxes", /href="(\/admin\/mailboxes\/[0-9a-f-]{36})"/), "/there-is-no-such-page",
    ];
  });

  it("speaks one language only", onPage(mode, anna, async (page) => {
    assert.ok(pages.length > 25, "there are pages");
    const wrong = [];
    for (const path of pages) {
      await page.goto(desk.url + path);
      await sound(page, language);
      for (const text of await foreign(page, language)) wrong.push(`${path}: ${text}`);
    }
    assert.deepEqual(wrong, [], `texts that are not ${language}`);
  }));

  it("refuses in one language only", onPage(mode, () => desk.mia, async (page) => {
    const wrong = [];
    const number = pages.find((path) => path.startsWith("/cases/"));
    for (const act of [
      () => page.goto(`${desk.url}/admin/staff`),
      async () => {
        await page.goto(desk.url + number);
        await press(formTo(page, "/reply"), mode.t("workspace.reply.send"));
        await page.locator("#error-summary").waitFor();
      },
      async () => {
        await page.goto(`${desk.url}/account`);
        await press(formTo(page, "/account/password"), mode.t("account.password_save"));
        await page.locator("#error-summary").waitFor();
      },
    ]) {
      await act();
      await sound(page, language);
      wrong.push(...(await foreign(page, language)));
    }
    assert.deepEqual(wrong, []);
  }));

  it("is that of who signs in, whatever the browser wishes", onPage(saying(mode, other[language]), () => undefined, async (page) => {
    await page.goto(`${desk.url}/signin`);
    await sound(page, other[language]);
    await fill(formTo(page, "/signin"), { email: "mia@lindenau.example", password });
    await press(page, words(other[language])("account.sign_in.submit"));
    await page.waitForURL("**/cases");
    await sound(page, language);
  }));
});
