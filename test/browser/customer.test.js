// The whole way of a customer: finding nothing, asking, being answered, saying
// that it is not solved and that it is, and coming back. What becomes public is
// in publicity.test.js.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readFile } from "node:fs/promises";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, refused, sound } from "./browser.js";
import { ask, question } from "./customer.js";
import { Desk, Visitor, linkIn } from "./desk.js";

before(openBrowser);
after(closeBrowser);

const photo = { name: "Zähler.png", mimeType: "image/png", buffer: Buffer.from("89504e470d0a1a0a", "hex") };
const letter = { name: "Schreiben vom Montag.txt", mimeType: "text/plain", buffer: Buffer.from("Wir tauschen Ihren Zähler.") };
const later = { name: "Foto vom Abend.jpg", mimeType: "image/jpeg", buffer: Buffer.from("ffd8ffe0", "hex") };

for (const mode of modes) describe(`A customer, ${mode.name}`, () => {
  const { t, language, script } = mode;
  const email = "heike.lorenz@post.example";
  const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
  let desk;
  let number;
  let browser = []; // cookies of the customer's own browser
  const stranger = () => undefined;
  const own = () => ({ cookies: browser });
  const mia = () => desk.mia;

  before(async () => {
    desk = await Desk.furnished(language);
    await desk.undoSeconds(0);
  });
  after(() => desk?.stop());

  const open = async (page) => {
    await page.goto(`${desk.url}/my/${number}?lang=${language}`);
    await sound(page, language);
  };
  const said = (page, done) => page.getByText(t(`portal.done.${done}`)).waitFor();
  const answered = async (page, text) => {
    await page.goto(`${desk.url}/cases/${number}`);
    await fill(formTo(page, "/reply"), { reply: text, next: "answered" });
    await press(formTo(page, "/reply"), t("workspace.reply.send"));
    await sound(page, language);
  };

  // Chooses files: with a script they are sent at once, and their way is shown.
  const attach = async (page, files) => {
    let go;
    const held = new Promise((resolve) => (go = resolve));
    if (script) await page.route("**/files?*", async (route) => {
      await held;
      await route.continue();
    });
    await page.locator("input[type=file]").setInputFiles(files);
    if (!script) return;
    assert.equal(await page.locator(".upload progress").count(), files.length, "each file shows its progress");
    await sound(page, language);
    go();
    for (const file of files) await page.locator('.upload[data-state="done"]').filter({ hasText: file.name }).waitFor();
    await page.unroute("**/files?*");
    assert.match(await page.locator("#live").innerText(), new RegExp(t("ui.upload.sent")), "it is read out");
  };

  it("finds no answer on the home page, and takes the words along to the form", onPage(mode, stranger, async (page, context) => {
    await page.goto(desk.url);
    assert.equal(new URL(page.url()).pathname, `/${language}/`);
    await sound(page, language);
    const field = page.getByRole("searchbox", { name: t("public.field.label") });
    await field.fill(question.subject);
    if (script) {
      await page.locator("#suggestions").getByText(t("public.search.none")).waitFor();
      assert.equal(await page.locator("#live").innerText(), t("public.search.none"), "it is read out");
    } else {
      await Promise.all([page.waitForEvent("load"), field.press("Enter")]);
      await page.getByText(t("public.search.none")).waitFor();
    }
    await sound(page, language);
    await page.getByRole("button", { name: t("public.field.ask") }).click();
    await heading(page, t("portal.ask.title"));
    await sound(page, language);
    assert.equal(await page.locator("[name=subject]").inputValue(), question.subject);
    assert.deepEqual(await context.cookies(), [], "nothing is remembered of who only looks");
  }));

  it("asks with two files; a refused form keeps everything", onPage(mode, stranger, async (page, context) => {
    await page.goto(`${desk.url}/ask?lang=${language}`);
    await sound(page, language);
    const form = formTo(page, "/ask");
    assert.equal(await form.locator("[required]:not([type=radio])").count(), 3, "three fields must be filled in");
    assert.ok(await form.locator("[name=visibility][value=private]").isChecked(), "private unless asked otherwise");
    await attach(page, [photo, letter]);
    await fill(form, { text: question.text, email: "heike.lorenz", name: "Heike Lorenz" });
    await press(form, t("portal.ask.send"));
    await refused(page, t, ["subject", "email"]);
    await sound(page, language);
    for (const [name, value] of Object.entries({ text: question.text, email: "heike.lorenz", name: "Heike Lorenz" })) {
      assert.equal(await form.locator(`[name=${name}]`).inputValue(), value, `${name} is kept`);
    }
    for (const file of [photo, letter]) await form.locator(".upload").filter({ hasText: file.name }).waitFor();
    await fill(form, { subject: question.subject, email });
    await press(form, t("portal.ask.send"));

    await heading(page, t("portal.asked.title"));
    await sound(page, language);
    number = await page.locator("#confirmation-number").innerText();
    assert.match(number, /^L-[0-9A-Z]{4}-[0-9A-Z]{2}$/);
    const confirmed = await page.locator(".confirmation").innerText();
    assert.ok(confirmed.includes("Service"), "the team is named");
    assert.match(confirmed, /\d{1,2}[:.]\d{2}|20\d\d/, "the time of the answer is named");
    for (const key of ["here", "read", "answer", "yours"]) await page.getByText(t(`portal.steps.${key}`)).first().waitFor();
    await page.getByText(t("portal.steps.mail_to", { Address: "h…@post.example" })).waitFor();
    assert.match(await page.locator("#secret-link").innerText(), new RegExp(`^${desk.url}/l/[\\w-]{20,}$`));
    browser = await context.cookies();
    const pass = browser.find((cookie) => cookie.name === "lotse_pass");
    assert.deepEqual([pass.path, pass.httpOnly, pass.sameSite], [`/my/${number}`, true, "Lax"]);
    if (script) assert.deepEqual(await page.evaluate(() => ({ ...sessionStorage })), {}, "the draft is forgotten");
  }));

  it("opens the case by the link in the mail, which a scanner doesn't use up", onPage(mode, stranger, async (page, context) => {
    const mail = await desk.sink.wait(email);
    assert.ok(mail.text.includes(number) && !mail.text.includes("rückwärts"), "the mail names the case and does not echo");
    const link = linkIn(mail);
    for (let i = 0; i < 2; i++) {
      const looked = await new Visitor(desk).get(link.pathname);
      assert.deepEqual([looked.status, looked.headers.getSetCookie()], [200, []]);
    }
    await page.goto(link.href);
    await sound(page, language);
    assert.ok(!(await page.content()).includes("rückwärts"), "before the button nothing is shown");
    assert.deepEqual(await context.cookies(), []);
    await press(page, t("portal.open.case.button"));
    assert.equal(new URL(page.url()).pathname, `/my/${number}`);
    await heading(page, question.subject);
    await sound(page, language);
    await page.locator("#history").getByText("läuft mein Zähler rückwärts").waitFor();
    browser = await context.cookies();
  }));

  it("adds a message with a file and gets it back", onPage(mode, own, async (page) => {
    await open(page);
    const form = formTo(page, "/message");
    await press(form, t("portal.message.send"));
    await refused(page, t, ["text"]);
    await sound(page, language);
    await attach(page, [later]);
    await fill(form, { text: "Heute Abend waren es schon -12 kWh." });
    await press(form, t("portal.message.send"));
    await said(page, "message");
    await sound(page, language);
    assert.equal(await form.locator("[name=text]").inputValue(), "");
    await page.locator("#history").getByText("-12 kWh").waitFor();
    for (const file of [photo, letter, later]) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#history").getByRole("link", { name: file.name }).click()]);
      assert.equal(download.suggestedFilename(), file.name);
      assert.deepEqual(await readFile(await download.path()), file.buffer);
    }
  }));

  it("is answered in private, in mail and on the page", onPage(mode, mia, async (page) => {
    await page.goto(`${desk.url}/cases?view=all`);
    await page.getByRole("listitem").filter({ hasText: number }).getByRole("link").click();
    await page.getByText("-12 kWh").first().waitFor();
    for (const file of [photo, letter, later]) assert.equal(await page.getByRole("link", { name: file.name }).count(), 1);
    await page.getByText(t("care.public.none")).waitFor();
    await answered(page, "Das tut uns leid. Wir **tauschen** ihn am Freitag.");
    const mail = await desk.sink.wait(email, (m) => m.text.includes("am Freitag"));
    assert.ok(mail.text.includes(`${desk.url}/l/`), "the mail leads back to the case");
    await onPage(mode, own, async (theirs) => {
      await open(theirs);
      await theirs.locator("#history strong").filter({ hasText: "tauschen" }).waitFor();
      await theirs.locator("#standing").getByText("Mia Krüger").waitFor();
      await theirs.getByRole("heading", { name: t("portal.solved.title") }).waitFor();
    })();
  }));

  it("says that it is not solved, and later that it is", onPage(mode, own, async (page) => {
    await open(page);
    await page.locator("#solved summary").click();
    await press(formTo(page, "/contest"), t("portal.contest.send"));
    await refused(page, t, ["reason"]);
    await sound(page, language);
    await fill(formTo(page, "/contest"), { reason: "Am Freitag kam niemand." });
    await press(formTo(page, "/contest"), t("portal.contest.send"));
    await said(page, "contest");
    await sound(page, language);
    await page.locator("#history").getByText("Am Freitag kam niemand.").waitFor();
    await onPage(mode, mia, async (staff) => {
      await staff.goto(`${desk.url}/cases/${number}`);
      assert.ok((await staff.locator("#case-head").innerText()).includes(t("case.state.open")), "the case is open again");
      await staff.getByText("Am Freitag kam niemand.").first().waitFor();
      await answered(staff, "Jetzt ist er getauscht.");
    })();
    await open(page);
    await press(formTo(page, "/solved"), t("portal.solved.yes"));
    await said(page, "solved");
    await sound(page, language);
    await page.getByText(t("portal.state.solved")).first().waitFor();
    assert.ok((await desk.mia.page(`/cases/${number}`)).includes(t("case.state.solved")));
  }));

  it("is sent the way back by the number, and a wrong number tells nothing", onPage(mode, stranger, async (page) => {
    const words = [];
    for (const typed of [number.toLowerCase().replaceAll("-", " "), "L-4F7K-92"]) {
      await page.goto(`${desk.url}/track?lang=${language}`);
      await sound(page, language);
      await fill(formTo(page, "/track"), { number: typed });
      await press(formTo(page, "/track"), t("portal.track.send"));
      await heading(page, t("portal.sent.title"));
      await sound(page, language);
      words.push(await page.locator("main").innerHTML());
    }
    assert.equal(words[0], words[1]);
    const mail = await desk.sink.wait(email, (m) => m.header.subject === t("template.case_link.subject", { CaseNumber: number, BrandName: "Stadtwerke Lindenau" }));
    await page.goto(linkIn(mail).href);
    await press(page, t("portal.open.case.button"));
    assert.equal(new URL(page.url()).pathname, `/my/${number}`);
    await page.goto(`${desk.url}/track?lang=${language}`);
    await fill(formTo(page, "/track"), { number: "keine Ahnung" });
    await press(formTo(page, "/track"), t("portal.track.send"));
    await refused(page, t, ["number"]);
    await sound(page, language);
  }));

  it("sees all cases by a link that works once, open ones first", onPage(mode, stranger, async (page) => {
    const { number: mailed } = await desk.letter({ from: email, name: "Heike Lorenz", subject: "Abschlag ändern" });
    const { number: foreign } = await ask(desk, { subject: "Das geht Heike nichts an" });
    await page.goto(`${desk.url}/track?lang=${language}`);
    await fill(formTo(page, "/my/link"), { email });
    await press(formTo(page, "/my/link"), t("portal.track.send_all"));
    await heading(page, t("portal.sent.title"));
    const link = linkIn(await desk.sink.wait(email, (m) => m.text.includes("/f/")));
    assert.equal((await new Visitor(desk).get(link.pathname)).status, 200, "looking uses nothing up");
    await page.goto(link.href);
    await sound(page, language);
    await press(page, t("portal.open.file.button"));
    assert.equal(new URL(page.url()).pathname, "/my");
    await heading(page, t("portal.my.title"));
    await sound(page, language);
    const listed = (await page.locator(".own-case").allInnerTexts()).map((text) => text.match(/L-[0-9A-Z]{4}-[0-9A-Z]{2}/)[0]);
    assert.deepEqual(listed, [mailed, number], "both cases, the open one first");
    assert.ok(!(await page.content()).includes(foreign));
    await page.getByRole("link", { name: question.subject }).click();
    await heading(page, question.subject);
    assert.equal((await page.goto(link.href)).status(), 410, "the link works once");
    await sound(page, language);
    await page.goto(`${desk.url}/my?lang=${language}`);
    await press(formTo(page, "/my/leave"), t("portal.leave.button"));
    await said(page, "left");
    await page.goto(`${desk.url}/my/${number}?lang=${language}`);
    await heading(page, t("portal.case.title"));
    await sound(page, language);
  }));

  it("asks for erasure, which stays a duty until a lead has settled it", onPage(mode, own, async (page) => {
    await open(page);
    await page.getByRole("link", { name: t("portal.more.erasure") }).click();
    await heading(page, t("portal.erasure.title"));
    await sound(page, language);
    await press(page, t("portal.erasure.button"));
    await said(page, "erasure");
    await page.getByText(t("portal.erasure.waits")).waitFor();
    await sound(page, language);
    await onPage(mode, () => desk.jonas, async (lead) => {
      await lead.goto(`${desk.url}/duties?tab=erasure`);
      await sound(lead, language);
      await lead.getByRole("link", { name: question.subject }).click();
      await lead.getByText(t("care.erasure.title")).waitFor();
      await sound(lead, language);
      await formTo(lead, "/erasure").locator("[name=settled]").selectOption({ index: 1 });
      await press(formTo(lead, "/erasure"), t("care.settle.do"));
      await lead.getByText(t("care.done.settled")).waitFor();
      await lead.goto(`${desk.url}/duties?tab=erasure`);
      await lead.getByText(t("duties.empty.erasure.title")).waitFor();
    })();
    await open(page);
    assert.equal(await page.getByText(t("portal.erasure.waits")).count(), 0);
  }));
});
