// Drives examples/agent-desk by real clicks and keys. Run by browser-test.sh; any step that does not come true within a time limit fails the whole.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import assert from "node:assert/strict";
import { createClient } from "graphql-sse";
import puppeteer from "puppeteer-core";

const { API, SITE, CHROMIUM, KIM, LEE } = process.env;
const SOON = 15_000;
const step = (text) => console.log(`  ${text}`);

// The page comes from an origin of its own, as a front end's would.
const files = { "/": ["index.html", "text/html"], "/style.css": ["style.css", "text/css"], "/desk.js": ["bundle.js", "text/javascript"] };
const site = createServer(async (request, response) => {
  const [file, type] = files[new URL(request.url, "http://x").pathname] ?? [];
  response.writeHead(file ? 200 : 404, { "content-type": `${type}; charset=utf-8` }).end(file && (await readFile(file)));
}).listen(Number(SITE), "127.0.0.1");

const browser = await puppeteer.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-renderer-backgrounding", "--disable-background-timer-throttling"], // a page behind another works on
});

const pages = [];

async function agent(token) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const faults = [];
  const asked = [];
  pages.push({ page, faults });
  page.on("pageerror", (e) => faults.push(String(e)));
  page.on("console", (m) => m.type() === "error" && faults.push(m.text()));
  page.on("request", (r) => r.method() === "POST" && asked.push(r.postData() ?? ""));
  await page.goto(`http://127.0.0.1:${SITE}/?api=${API}`);
  await page.type("#token", token);
  await page.click("#login button");
  await page.waitForSelector("#desk:not([hidden])", { timeout: SOON });
  await page.waitForSelector("#line[data-state=live]", { timeout: SOON });
  return { page, faults, asked };
}

const shows = (page, selector, text) => page.waitForFunction(
  (s, t) => Array.from(document.querySelectorAll(s)).some((el) => !el.closest("[hidden]") && el.textContent.includes(t)), { timeout: SOON, polling: 100 }, selector, text,
);

async function makeView(name) {
  const response = await fetch(`${API}/v1/views`, {
    method: "POST", headers: { authorization: `Bearer ${KIM}`, "content-type": "application/json" }, body: JSON.stringify({ name, filter: { channel: "email", statusCategory: "open" } }),
  });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).id;
}

async function mail(subject, text) {
  const raw = `From: =?utf-8?B?${Buffer.from("홍길동").toString("base64")}?= <hong@mail.test>\r\nTo: voc@shop.test\r\nSubject: =?utf-8?B?${Buffer.from(subject).toString("base64")}?=\r\n`
    + `Message-ID: <${crypto.randomUUID()}@mail.test>\r\nDate: ${new Date().toUTCString()}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`;
  const response = await fetch(`${API}/v1/intake/email`, { method: "POST", headers: { authorization: `Bearer ${KIM}`, "content-type": "message/rfc822" }, body: raw });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).inquiry;
}

async function story() {
  const view = await makeView("Open mails");
  const kim = await agent(KIM);
  step("kim logs in");
  const lee = await agent(LEE);
  step("lee logs in");

  const hostile = "<img src=x onerror=\"document.title='pwned'\">";
  const inquiry = await mail("환불 문의", `지난주 주문을 환불하고 싶습니다 ${hostile}`);
  await shows(kim.page, "#inbox li b", "환불 문의");
  await shows(lee.page, "#inbox li b", "환불 문의");
  step("a mail arrives at both, without a reload");
  await shows(kim.page, `#views li[data-id=${view}]`, "1, 1 unread");
  step("it is counted in kim's view");

  await kim.page.click(`#inbox li[data-id=${inquiry.id}]`);
  await shows(kim.page, "#interactions li", hostile);
  assert.equal(await kim.page.title(), "Sori agent desk");
  assert.equal(await kim.page.$eval("#others", (el) => el.hidden), true);
  await lee.page.click(`#inbox li[data-id=${inquiry.id}]`);
  await shows(kim.page, "#others", "lee is here too");
  await shows(lee.page, "#others", "kim is here too");
  step("each sees the other at the inquiry");

  await kim.page.type("#text", "환불해 드리겠습니다.");
  await shows(lee.page, "#others", "kim is writing an answer");
  step("lee sees kim writing");

  await kim.page.click("#reply");
  await shows(kim.page, "#interactions li[data-direction=outbound]", "환불해 드리겠습니다.");
  await shows(lee.page, "#interactions li[data-direction=outbound]", "환불해 드리겠습니다.");
  await shows(lee.page, "#status .state", "waiting");
  await shows(kim.page, `#views li[data-id=${view}]`, "0, 0 unread");
  step("kim replies, lee sees the answer and the new status");

  await kim.page.click("#resolve");
  await shows(kim.page, `#inbox li[data-id=${inquiry.id}] .state`, "resolved");
  await shows(lee.page, `#inbox li[data-id=${inquiry.id}] .state`, "resolved");
  await shows(lee.page, "#status .state", "resolved");
  step("kim resolves: one answer changes inbox and inquiry, in both browsers");

  await lee.page.close({ runBeforeUnload: false });
  await kim.page.waitForFunction(() => document.querySelector("#others").hidden, { timeout: 60_000, polling: 100 });
  step("lee closes the page, and kim is alone");

  const persisted = kim.asked.map((body) => JSON.parse(body)).filter((q) => q.extensions?.persistedQuery);
  assert(persisted.some((q) => !q.query && q.operationName === "SetActivity"), "no query came by its hash alone");
  assert(persisted.length > 0 && persisted.filter((q) => q.query).length < persisted.length, "every query was sent whole");
  assert.deepEqual(kim.faults.concat(lee.faults), []);
  step("queries went by their hash, and neither page had an error");
}

// A front end may use Server-Sent Events instead: one POST, one stream.
async function overSSE() {
  const client = createClient({ url: `${API}/graphql`, headers: { authorization: `Bearer ${LEE}` } });
  const feed = client.iterate({ query: "subscription { events(after: \"\", types: [\"inquiry.resolved\"]) { cursor inquiry { subject status } } }" });
  const { value } = await feed.next();
  assert.equal(value.data.events.inquiry.status, "resolved", JSON.stringify(value));
  await feed.return();
  client.dispose();
  step("graphql-sse reads the same feed");
}

try {
  await story();
  await overSSE();
} catch (fault) {
  for (const { page, faults } of pages.filter((x) => !x.page.isClosed())) {
    console.error(faults, await page.evaluate(() => document.body.innerText));
  }
  throw fault;
} finally {
  await browser.close();
  site.close();
}
