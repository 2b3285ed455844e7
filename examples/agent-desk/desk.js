// The desk itself. Nothing that a customer wrote becomes markup: it is set as text only.
import { connect } from "./sori.js";
import { COUNTS, FEED, INBOX, INQUIRY, ME, REPLY, RESOLVE, SET_ACTIVITY, VIEWS, WHO_IS_THERE } from "./operations.js";

const $ = (id) => document.getElementById(id);
const api = new URLSearchParams(location.search).get("api") ?? location.origin;
const STILL_HERE = 15_000; // half of what an activity lasts

let sori, me, open; // open: the inquiry that is shown: {id, query, watch, beat, typing}

$("login").addEventListener("submit", async (e) => {
  e.preventDefault();
  try {
    sori = connect(api, $("token").value.trim(), (live) => { $("line").dataset.state = live ? "live" : "lost"; });
    me = (await sori.client.query({ query: ME })).data.me;
  } catch (fault) {
    $("refusal").textContent = fault.message;
    return;
  }
  $("me").textContent = me.id;
  $("login").hidden = true;
  $("desk").hidden = false;
  sori.follow(FEED, arrived);
  sori.client.watchQuery({ query: INBOX }).subscribe(({ data }) => data?.inquiries && showInbox(data.inquiries.edges.map((x) => x.node)));
  showViews().catch((fault) => console.error("views", fault));
});

// showViews lists the saved views, each with how many inquiries are in it. Sori counts them; what is shown is what it says.
async function showViews() {
  const { data } = await sori.client.query({ query: VIEWS });
  const views = data.views.edges.map((x) => x.node);
  const counts = new Map(views.map((v) => [v.id, element("span", "", { className: "state" })]));
  $("views").replaceChildren(...views.map((v) => {
    const li = element("li", v.name, { dataset: { id: v.id } });
    li.append(counts.get(v.id));
    return li;
  }));
  if (!views.length) return;
  sori.client.subscribe({ query: COUNTS, variables: { ids: [...counts.keys()] } }).subscribe(({ data }) => {
    for (const { viewId, count, unread, ready } of data?.viewCountsChanged ?? []) {
      counts.get(viewId).textContent = ready ? `${count}, ${unread} unread` : "…";
    }
  });
}

// arrived takes an event of the feed: the inquiry goes into the cache, from which all that show it are drawn again.
function arrived({ type, inquiryId, inquiry }) {
  if (!inquiry) return;
  const { cache } = sori.client;
  cache.updateQuery({ query: INBOX }, (old) => {
    if (!old) return old;
    const edges = old.inquiries.edges;
    const known = edges.some((x) => x.node.id === inquiryId);
    const row = { __typename: "InquiryEdge", node: inquiry };
    return { inquiries: { ...old.inquiries, edges: known ? edges.map((x) => (x.node.id === inquiryId ? row : x)) : [row, ...edges] } };
  });
  if (open?.id === inquiryId && type.startsWith("interaction.")) open.query.refetch();
}

function element(tag, text, properties = {}) {
  const { dataset, ...rest } = properties;
  const el = Object.assign(document.createElement(tag), { textContent: text ?? "" }, rest);
  Object.assign(el.dataset, dataset);
  return el;
}

const badge = (q) => element("span", q.status, { className: "state", dataset: { category: q.statusCategory } });

function showInbox(list) {
  const before = new Set(Array.from($("inbox").children, (li) => li.dataset.id));
  $("inbox").replaceChildren(...list.map((q) => {
    const li = element("li", "", { dataset: { id: q.id }, className: before.size && !before.has(q.id) ? "fresh" : "", onclick: () => show(q.id) });
    li.append(element("b", q.subject), badge(q), element("span", `${q.number} · ${q.customer?.name ?? ""}`, { className: "who" }));
    if (open?.id === q.id) li.ariaCurrent = "true";
    return li;
  }));
}

function show(id) {
  leave();
  $("inquiry").hidden = false;
  $("text").value = $("fault").textContent = "";
  for (const li of $("inbox").children) li.ariaCurrent = String(li.dataset.id === id);
  const query = sori.client.watchQuery({ query: INQUIRY, variables: { id }, fetchPolicy: "cache-and-network" });
  open = { id, query, typing: 0 };
  open.drawn = query.subscribe(({ data }) => data?.inquiry && draw(data.inquiry));
  open.watch = sori.client.subscribe({ query: WHO_IS_THERE, variables: { id } }).subscribe(({ data }) => data && others(data.inquiryActivity.watchers));
  say("viewing");
  open.beat = setInterval(() => say(Date.now() - open.typing < STILL_HERE ? "typing" : "viewing"), STILL_HERE);
}

function leave() {
  if (!open) return;
  clearInterval(open.beat);
  open.watch.unsubscribe();
  open.drawn.unsubscribe();
  say("left");
  open = undefined;
}
addEventListener("pagehide", leave);

const say = (state) => sori.client.mutate({ mutation: SET_ACTIVITY, variables: { id: open.id, state } }).catch(failed);

function others(watchers) {
  const rest = watchers.filter((w) => w.agent !== me.id);
  $("others").hidden = rest.length === 0;
  $("others").textContent = rest.map((w) => `${w.agent} is ${w.state === "typing" ? "writing an answer" : "here too"}`).join(", ");
}

function draw(q) {
  $("subject").textContent = q.subject;
  $("number").textContent = q.number;
  $("status").replaceChildren(badge(q));
  $("customer").textContent = q.customer?.name ?? "";
  $("resolve").disabled = q.statusCategory === "resolved";
  $("interactions").replaceChildren(...q.interactions.edges.toReversed().map(({ node: x }) => {
    const who = x.direction === "inbound" ? (x.from?.name ?? x.from?.email ?? "customer") : (x.author?.id ?? "us");
    const li = element("li", x.text, { dataset: { direction: x.direction } });
    li.prepend(element("small", `${who} · ${new Date(x.occurredAt).toLocaleTimeString()}`));
    return li;
  }));
}

$("text").addEventListener("input", () => {
  const said = Date.now() - open.typing < STILL_HERE;
  open.typing = Date.now();
  if (!said) say("typing");
});

$("answer").addEventListener("submit", (e) => {
  e.preventDefault();
  act(REPLY, { text: $("text").value }).then(() => { $("text").value = ""; open.typing = 0; say("viewing"); open.query.refetch(); }).catch(failed);
});

$("resolve").addEventListener("click", () => act(RESOLVE, {}).catch(failed));

// act runs a mutation once, however often it is sent.
async function act(mutation, variables) {
  $("fault").textContent = "";
  return sori.client.mutate({ mutation, variables: { id: open.id, key: crypto.randomUUID(), ...variables } });
}

function failed(fault) {
  $("fault").textContent = fault.message;
}
