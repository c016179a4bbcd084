// The lead's phone: polls for news once a second, and performs the person's actions.
// Text is only ever set as text.
"use strict";

const words = JSON.parse(document.body.dataset.words);
const language = document.documentElement.lang;
const el = (id) => document.getElementById(id);
const translate = (word, values = {}) =>
  words[word].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const APPS = ["whatsapp", "sms", "calls", "mail"];

let who = decodeURIComponent(location.hash.slice(1)) || null;
let app = "whatsapp";
let shown = null;
let seenBefore = new Set();
let handled = null;

// ---- building

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function linked(text) {
  const link = (url) =>
    make("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: url });
  return text
    .split(/(https?:\/\/[^\s"<>]+)/)
    .map((part, index) => (index % 2 ? link(part) : part));
}

const CLOCK = { hour: "2-digit", minute: "2-digit" };
const clock = (at) => new Date(at * 1000).toLocaleTimeString(language, CLOCK);
const time = (at) => make("time", { datetime: new Date(at * 1000).toISOString(), text: clock(at) });
const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };

// Keeps the elements of unchanged items, so that none is announced twice and no mail is reloaded.
function fill(list, items, key, create, update) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    let child = old.get(item[key]);
    if (!child) {
      child = create(item);
      child.dataset.key = item[key];
    }
    old.delete(item[key]);
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
    update(child, item);
  });
  old.forEach((child) => child.remove());
}

// ---- requests

async function request(path, body) {
  if (body === undefined) return fetch(path, { cache: "no-store" });
  return fetch(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "Accept-Language": language },
    cache: "no-store",
  });
}

let timer = null;
let round = 0;

async function poll() {
  clearTimeout(timer);
  const thisRound = ++round;
  try {
    const people = await (await request("/simulator/people")).json();
    const answer = who ? await request(`/simulator/people/${encodeURIComponent(who)}`) : null;
    const phone = answer?.ok ? await answer.json() : null;
    if (thisRound !== round) return;
    if (who === null || phone) show(phone);
    showPeople(people);
    el("lost").hidden = true;
  } catch {
    if (thisRound === round) el("lost").hidden = false;
  }
  if (thisRound === round && !document.hidden) timer = setTimeout(poll, 1000);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });

// ---- people

function showPeople(people) {
  el("nobody").hidden = people.length > 0;
  fill(el("people"), people, "id", createPerson, updatePerson);
}

function createPerson(person) {
  const button = make("button", { type: "button" },
    make("strong"), make("span", { class: "address" }), make("span", { class: "ringing" }));
  button.addEventListener("click", () => choose(person.id));
  return make("li", {}, button);
}

function updatePerson(item, person) {
  const [name, address, ringing] = item.firstChild.children;
  set(name, person.name || person.id);
  set(address, [person.phone, ...person.emails].filter(Boolean).join(" · "));
  set(ringing, person.ringing ? translate("ringing_now") : "");
  if (shown && shown.person.id === person.id) item.firstChild.setAttribute("aria-current", "true");
  else item.firstChild.removeAttribute("aria-current");
}

function choose(id) {
  who = id;
  shown = null;
  seenBefore = new Set();
  handled = null;
  APPS.forEach((name) => listOf(name).replaceChildren());
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  el("phone").scrollIntoView({ block: "nearest" });
  poll();
}

// ---- the phone

const listOf = (name) => el(`app-${name}`).querySelector("ol");

function show(phone) {
  shown = phone;
  for (const id of ["top", "screen", "dock", "booking"]) el(id).hidden = !phone;
  el("choose").hidden = Boolean(phone);
  showCallLater(phone?.call_later);
  if (!phone) return;
  const name = phone.person.name || phone.person.id;
  el("phone").setAttribute("aria-label", translate("phone", { name }));
  set(el("who"), name);
  set(el("number"), phone.person.name ? phone.person.id : "");
  for (const form of document.querySelectorAll("form.write")) form.hidden = !phone.person.phone;
  if (!phone.person.phone) app = "mail";
  const things = itemsOf(phone);
  fillApp("whatsapp", things.whatsapp, createMessage, updateMessage);
  fillApp("sms", things.sms, createMessage, updateMessage);
  fillApp("calls", things.calls, createCall, updateCall);
  fillApp("mail", things.mail, createMail, updateMail);
  showBooking(phone.booking_link);
  showCall(phone);
  showApp(things);
}

function itemsOf(phone) {
  const keyed = (items, key) => items.map((item) => ({ ...item, key: item[key] }));
  const messages = keyed(phone.messages, "sid");
  return {
    whatsapp: messages.filter((message) => message.channel === "whatsapp"),
    sms: messages.filter((message) => message.channel === "sms"),
    calls: keyed(phone.calls, "sid"),
    mail: keyed(phone.mails, "id").reverse(),
  };
}

function fillApp(name, items, create, update) {
  const list = listOf(name);
  const feed = list.parentElement;
  const atEnd = feed.scrollHeight - feed.scrollTop - feed.clientHeight < 40;
  const before = list.childElementCount;
  fill(list, items, "key", create, update);
  el(`app-${name}`).querySelector(".empty").hidden = items.length > 0;
  const grown = list.childElementCount > before;
  if (name !== "mail" && atEnd && grown) feed.scrollTop = feed.scrollHeight;
}

function showApp(things) {
  things[app].forEach((item) => seenBefore.add(item.key));
  for (const button of el("dock").children) {
    const name = button.dataset.app;
    const current = name === app;
    const opened = current && el(`app-${name}`).hidden;
    el(`app-${name}`).hidden = !current;
    const feed = listOf(name).parentElement;
    if (opened && name !== "mail") feed.scrollTop = feed.scrollHeight;
    if (current) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
    const isUnread = (item) => !item.from_person && !seenBefore.has(item.key);
    const unread = things[name].filter(isUnread).length;
    const badge = button.querySelector(".badge");
    badge.hidden = unread === 0;
    set(badge, String(unread));
    badge.title = translate("unread", { count: unread });
  }
}

function open(name) {
  app = name;
  if (shown) showApp(itemsOf(shown));
}

for (const button of el("dock").children) {
  button.addEventListener("click", () => open(button.dataset.app));
}

// ---- messages

function createMessage(message) {
  const author = translate(message.from_person ? "they_wrote" : "we_wrote");
  const label = make("span", { class: "hidden", text: `${author}: ` });
  const meta = make("span", { class: "meta" }, time(message.at), make("span", { class: "ticks" }));
  const body = make("p", {}, ...linked(message.body));
  return make("li", { class: message.from_person ? "mine" : "theirs" }, label, body, meta);
}

const TICKS = { waiting: "◷", sent: "✓", delivered: "✓✓", failed: "⚠" };

function updateMessage(item, message) {
  if (message.from_person) return;
  const error = message.error ? ` (${message.error})` : "";
  const state = `${TICKS[message.state]} ${translate(message.state)}${error}`;
  set(item.querySelector(".ticks"), state);
  item.classList.toggle("failed", message.state === "failed");
}

async function write(channel, text) {
  if (!shown?.person.phone || !text.trim()) return;
  await request("/simulator/write", { phone: shown.person.phone, text, channel });
  poll();
}

for (const form of document.querySelectorAll("form.write")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    write(form.dataset.channel, form.elements.text.value);
    form.elements.text.value = "";
  });
  form.querySelector(".stop").addEventListener("click", () => write(form.dataset.channel, "BAJA"));
}

function showCallLater(later) {
  el("call-later").hidden = !later;
  if (!later) return;
  const format = {
    weekday: "long",
    day: "numeric",
    month: "long",
    hour: "numeric",
    minute: "2-digit",
    timeZone: later.zone,
  };
  const when = new Date(later.at * 1000).toLocaleString(language, format);
  set(el("call-later"), translate("call_later", { when }));
}

function showBooking(link) {
  const usable = /^https?:\/\//.test(link ?? "");
  el("book").hidden = !usable;
  el("no-link").hidden = usable;
  if (usable) el("book").href = link;
}

// ---- mail

function createMail(mail) {
  const meta = make("span", { class: "meta" }, time(mail.at), make("span", { class: "ticks" }));
  const summary = make("summary", {}, make("strong", { text: mail.subject }), meta);
  const plain = make(
    "details",
    { class: "plain" },
    make("summary", { text: translate("plain_text") }),
    make("pre", {}, ...linked(mail.text)),
  );
  const details = make("details", {}, summary, plain);
  if (mail.attachments.length) {
    const text = `${translate("attachments")}: ${mail.attachments.join(", ")}`;
    plain.before(make("p", { class: "note", text }));
  }
  const showFrame = () => {
    if (!details.querySelector("iframe")) plain.before(frameOf(mail));
  };
  details.addEventListener("toggle", showFrame, { once: true });
  return make("li", {}, details);
}

function frameOf(mail) {
  return make("iframe", {
    src: `/simulator/emails/${encodeURIComponent(mail.id)}/html`,
    sandbox: "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
    title: mail.subject,
  });
}

function updateMail(item, mail) {
  set(item.querySelector(".ticks"), `${TICKS[mail.state]} ${translate(mail.state)}`);
  item.classList.toggle("failed", mail.state === "failed");
}

// ---- calls

function createCall(call) {
  return make(
    "li",
    {},
    make("p", { class: "how" }, make("strong"), time(call.at)),
    make("div", { class: "transcript" }),
    make("p", { class: "note" }),
  );
}

function updateCall(item, call) {
  const [how, transcript, pressed] = item.children;
  set(how.firstChild, translate(`call_${call.state}`));
  append(transcript, call.transcript);
  set(pressed, call.pressed ? translate("pressed", { key: call.pressed }) : "");
  item.classList.toggle("failed", ["missed", "failed", "busy"].includes(call.state));
}

// Appends the sentences that are not shown yet.
function append(place, sentences) {
  sentences.slice(place.childElementCount).forEach((text) => place.append(make("p", { text })));
}

function showCall(phone) {
  const going = (call) => call.manual && ["ringing", "talking"].includes(call.state);
  const call = phone.calls.filter(going).at(-1);
  const before = handled;
  handled = call?.sid ?? null;
  el("call").hidden = !call;
  if (before && !call) open("calls");
  if (!call) return;
  if (before !== call.sid) el("call-said").replaceChildren();
  const ringing = call.state === "ringing";
  const heard = call.transcript.length > 0;
  const talking = heard ? "call_talking" : "connecting";
  set(el("call-state"), translate(ringing ? "incoming" : talking));
  set(el("call-number"), call.caller);
  append(el("call-said"), call.transcript);
  const usable = {
    answer: ringing,
    decline: ringing,
    press: !ringing && heard && !call.pressed,
    hang_up: !ringing,
  };
  for (const button of el("call").querySelectorAll("button")) {
    button.hidden = !usable[button.dataset.action];
  }
  // a focus in a text field stays there; one that was lost with its button goes to the next button
  if (document.activeElement === document.body) {
    el("call").querySelector("button:not([hidden])").focus({ preventScroll: true });
  }
}

for (const button of el("call").querySelectorAll("button")) {
  button.addEventListener("click", async () => {
    if (!handled) return;
    const path = `/simulator/calls/${handled}/${button.dataset.action}`;
    const answer = await request(path, { key: "1" });
    if (!answer.ok) set(el("call-state"), translate("too_late"));
    setTimeout(poll, 150);
  });
}

// ---- the form

const lead = el("lead");
const FIELDS = ["nombre", "email", "telefono", "empresa", "servicio", "fuente"];

function decideFate() {
  const call = el("call-fate").value;
  const message = el("message-fate").value;
  const anyNumber = call === "hand" && message === "0";
  const fate = `00${call === "hand" ? 0 : call}${message}`;
  const tail = anyNumber ? String(1000 + Math.floor(Math.random() * 9000)) : fate;
  lead.elements.telefono.value = lead.elements.telefono.value.replace(/\d{4}\s*$/, tail);
}

el("call-fate").addEventListener("change", decideFate);
el("message-fate").addEventListener("change", decideFate);

async function renew() {
  const newcomer = await (await request("/simulator/newcomer")).json();
  FIELDS.forEach((name) => { lead.elements[name].value = newcomer[name]; });
  markErrors([]);
  if (el("call-fate").value !== "hand" || el("message-fate").value !== "0") decideFate();
}

el("somebody-else").addEventListener("click", () => { set(el("form-said"), ""); renew(); });

function markErrors(errors) {
  for (const name of FIELDS) {
    const own = errors.filter((error) => error.field === name);
    set(el(`${name}-error`), own.map((error) => error.message).join(" "));
    if (own.length) lead.elements[name].setAttribute("aria-invalid", "true");
    else lead.elements[name].removeAttribute("aria-invalid");
  }
  const first = errors.find((error) => FIELDS.includes(error.field));
  if (first) lead.elements[first.field].focus();
}

lead.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter ?? lead.querySelector("button.strong");
  button.disabled = true;
  set(el("form-said"), translate("sending"));
  const form = Object.fromEntries(FIELDS.map((name) => [name, lead.elements[name].value]));
  try {
    await send(form, button.value);
  } catch {
    set(el("form-said"), translate("unreachable"));
  }
  button.disabled = false;
});

async function send(form, door) {
  const byHand = el("call-fate").value === "hand";
  const by = door ? `&door=${door}` : "";
  const answer = await request(`/simulator/leads?by_hand=${byHand}${by}`, form);
  const body = await answer.json().catch(() => ({}));
  const errors = Array.isArray(body.errors) ? body.errors : [];
  markErrors(errors);
  if (!answer.ok) {
    const others = errors.filter((error) => !FIELDS.includes(error.field));
    const general = others.map((error) => error.message).join(" ");
    set(el("form-said"), general || translate(errors.length ? "not_sent" : "unreachable"));
    return;
  }
  set(el("form-said"), translate(door ? "sent_door" : "sent_form", { id: body.lead_id }));
  choose(decodeURIComponent(answer.headers.get("Location").split("/").at(-1)));
  await renew();
}

poll();
