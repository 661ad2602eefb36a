// What strangers type stays text wherever it is shown: nothing of it runs, loads
// or makes a page wider than the window.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, soak, sound } from "./browser.js";
import { ask, propose } from "./customer.js";
import { Desk } from "./desk.js";

// The lists are described, with their licences, in the folder they are in.
const list = (name) => readFileSync(fileURLToPath(new URL(`../../internal/web/portal/testdata/${name}`, import.meta.url)), "utf8").split("\n").filter(Boolean);

// Strings that are right in several languages at once, and run in each where they
// are not text. They set __xss, which is looked at on every page.
const polyglots = [
  `ด${`${"้".repeat(5)}${"็".repeat(5)}`.repeat(9)}`, // one letter to the browser: it breaks nowhere
  "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=(__xss=1) )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=(__xss=1)//>\\x3e",
  "\"'><img src=x onerror=\"__xss=1\"><!--",
  "--></script><svg onload=__xss=1><script>__xss=1</script>",
  "</title></textarea></select></style><script>__xss=1</script>",
  "'-(__xss=1)-'\"-(__xss=1)-\"`${__xss=1}`{{__xss=1}}<%=__xss=1%>",
  "[x](javascript:__xss=1) ![x](x\"onerror=\"__xss=1) <javascript:__xss=1>",
  "<a href=\"data:text/html,<script>opener.__xss=1</script>\" autofocus onfocus=__xss=1 tabindex=1>x</a>",
  "<details open ontoggle=__xss=1><summary>x</summary></details><base href=//evil.example/>",
  "<iframe srcdoc=\"<script>parent.__xss=1</script>\"></iframe><meta http-equiv=refresh content=0;url=//evil.example>",
  "</script><script type=application/ld+json>{}</script><style>*{display:none}</style>",
  "]]></title><script xmlns=\"http://www.w3.org/1999/xhtml\">__xss=1</script><![CDATA[",
  `${"W".repeat(180)}`, "‮gnp.exe‬ ﷽﷽﷽ Z̸̡̢̛̗̘̙̜͚̻̼ã̷l̶g̴ò",
];
const all = [...polyglots, ...list("xss.txt"), ...list("blns.txt")];
const strings = soak ? all : [...polyglots, ...all.slice(polyglots.length).filter((_, i) => i % 12 === 0)];

// Each string is in every text; in a subject, a name and the name of a file are
// as many as there are cases, and soak has more of them.
const batch = soak ? 12 : 10;
const batches = Array.from({ length: Math.ceil(strings.length / batch) }, (_, i) => strings.slice(i * batch, (i + 1) * batch));

const mode = modes.find((one) => one.script && one.width === 1440);
const narrow = { ...mode, width: 320 };
const { t } = mode;

describe("Hostile strings", { concurrency: 1 }, () => {
  const desks = [];
  before(openBrowser);
  after(async () => {
    await closeBrowser();
    for (const desk of desks) await desk.stop();
  });
  const cases = [];

  // A network may ask only so often: every desk takes some.
  const desk = async () => {
    if (cases.length % 15 === 0 && cases.length / 15 === desks.length) {
      const next = await Desk.furnished();
      await next.undoSeconds(0);
      desks.push(next);
    }
    return desks.at(-1);
  };

  // Asserts that a page is sound and that nothing ran on it.
  const inert = async (page) => {
    await sound(page);
    const ran = await page.evaluate(() => [globalThis.__xss, document.querySelectorAll("main script, main iframe, main [onload], main [onerror], main style").length]);
    assert.deepEqual(ran, [undefined, 0], `on ${page.url()}`);
  };

  it("are at least 60", () => assert.ok(strings.length >= 60));

  for (const [i, some] of batches.entries()) it(`stay text where they are shown, ${i + 1} of ${batches.length}`, async () => {
    const at = await desk();
    const [subject, name, title] = [some[i % some.length], some[(i + 1) % some.length], some[(i + 2) % some.length]].map((s) => [...s].slice(0, 120).join(""));
    const asked = { email: `kunde-${i}@post.example`, subject: `Betreff ${subject}`, text: some.join("\n\n"), name };
    cases.push(asked);

    await onPage(narrow, () => undefined, async (page) => {
      await page.goto(`${at.url}/ask?lang=de`);
      const form = formTo(page, "/ask");
      await fill(form, { subject: asked.subject, text: asked.text, name: asked.name, email: "keine Adresse" });
      await page.locator("input[type=file]").setInputFiles(some.slice(0, 6).map((file) => ({ name: `${file.replace(/\p{Cc}/gu, "").slice(0, 150)}.html`, mimeType: "text/html", buffer: Buffer.from("<script>__xss=1</script>") })));
      await page.waitForFunction(() => document.querySelectorAll(".upload progress").length === 0);
      await inert(page);
      await press(form, t("portal.ask.send"));
      await inert(page);
      assert.equal(await form.locator("[name=text]").inputValue(), asked.text.replaceAll("\r", "\n"), "what was typed is kept");
      await fill(form, { email: asked.email });
      await press(form, t("portal.ask.send"));
      await page.locator("#confirmation-number").waitFor();
      asked.number = await page.locator("#confirmation-number").innerText();
      for (const path of [page.url(), `${at.url}/my/${asked.number}`, `${at.url}/my/${asked.number}/public`]) {
        await page.goto(path);
        await inert(page);
      }
      const own = formTo(page, "/public");
      await fill(own, { title: `Was tun? ${title}`, text: `Das steht in der Frage.\n\n${asked.text}`.slice(0, 4000), name: name.slice(0, 60) });
      await press(own, t("portal.public.check"));
      await inert(page);
      if (await page.getByRole("button", { name: t("portal.public.yes") }).count() === 0) return;
      await press(page, t("portal.public.yes"));
      await inert(page);
      asked.proposed = true;
    })();
  });

  it("stay text for staff, in lists, cases and before they are released", async () => {
    for (const [d, at] of desks.entries()) await onPage(narrow, () => at.jonas, async (page) => {
      await page.goto(`${at.url}/cases?view=all`);
      await inert(page);
      await page.goto(`${at.url}/duties`);
      await inert(page);
      for (const asked of cases.slice(d * 15, d * 15 + 15)) {
        await page.goto(`${at.url}/cases/${asked.number}`);
        await inert(page);
        await page.goto(`${at.url}/cases/${asked.number}/public`);
        await inert(page);
      }
    })();
  });

  it("stay text for everybody, in questions, lists, results and feeds", async () => {
    let shown = 0;
    for (const [i, some] of batches.entries()) {
      const at = desks[Math.floor(i / 15)];
      const asked = await ask(at, { subject: "Eine Frage" });
      await propose(asked, { title: `Was tun? ${[...some[0]].slice(0, 100).join("")}`, text: `Das steht in der Frage.\n\n${some.join("\n\n")}`.slice(0, 4000), name: "" }).catch(() => {});
      const staff = await at.mia.page(`/cases/${asked.number}/public`);
      const release = staff.match(/action="([^"]+\/release)"[\s\S]*?name="version" value="(\d+)"/);
      if (release) await at.mia.post(release[1], { version: release[2] });
      const path = (await at.mia.page(`/cases/${asked.number}/public`)).match(/href="(\/de\/questions\/[^"]+)"/)?.[1];
      if (!path) continue;
      shown++;
      await onPage(narrow, () => undefined, async (page) => {
        await page.goto(at.url + path);
        await inert(page);
        assert.equal(await page.locator("h1").count(), 1);
      })();
      const feed = await fetch(`${at.url}${path.replace(/\/[^/]*$/, "")}.atom`);
      await wellFormed(await feed.text());
    }
    assert.ok(shown >= batches.length / 2, `only ${shown} of ${batches.length} became public`);
    for (const at of desks) {
      await onPage(narrow, () => undefined, async (page) => {
        for (const path of ["/de/", "/de/questions", "/de/questions/unanswered", "/de/search?q=Was+tun"]) {
          await page.goto(at.url + path);
          await inert(page);
        }
        for (const some of strings.slice(0, soak ? 200 : 20)) {
          await page.goto(`${at.url}/de/search?q=${encodeURIComponent(some.toWellFormed?.() ?? some)}`);
          await inert(page);
        }
        await page.goto(`${at.url}/de/`);
        await page.locator("[data-suggest]").fill("Was tun");
        await page.locator("#suggestions a").first().waitFor();
        await inert(page);
      })();
      for (const path of ["/de/questions.atom", "/sitemap.xml"]) await wellFormed(await (await fetch(at.url + path)).text());
    }
  });

  // Asserts that a feed is XML whose texts hold no element of their own.
  const wellFormed = (xml) => onPage(narrow, () => undefined, async (page) => {
    await page.goto(`${desks[0].url}/de/`);
    const wrong = await page.evaluate((xml) => {
      const doc = new DOMParser().parseFromString(xml, "application/xml");
      return [doc.querySelector("parsererror")?.textContent, doc.getElementsByTagName("script").length];
    }, xml);
    assert.deepEqual(wrong, [undefined, 0]);
  })();
});
