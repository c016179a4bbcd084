// Keeps a page up to date: when the server reports an event, the parts marked as live are fetched again.
"use strict";

const parts = () => document.querySelectorAll("[data-live]");
let due = false, busy = false, later;

async function refresh() {
  if (busy) { due = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    else if (answer.redirected) location.reload();
  } catch { /* the stream comes back by itself, and so does this */ }
  // what is marked so changes without an event
  due ||= document.querySelector("[data-poll]") !== null;
  setTimeout(() => { busy = false; if (due) { due = false; refresh(); } }, 700);
}

function show(fresh) {
  for (const part of parts()) {
    const next = fresh.getElementById(part.id);
    if (!next || next.innerHTML === part.dataset.shown || inUse(part)) continue;
    const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
    part.dataset.shown = next.innerHTML;
    part.replaceChildren(...next.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  }
}

// What somebody is typing or choosing in stays as it is until they are done.
function inUse(part) {
  return part.querySelector("input:focus, select:focus") || [...part.querySelectorAll("input[type=checkbox]")].some((box) => box.checked);
}

if (parts().length) {
  const { seen, lead } = document.body.dataset;
  const stream = new EventSource("/console/feed?after=" + seen + (lead ? "&lead_id=" + encodeURIComponent(lead) : ""));
  // at once, and once more: others may still be carrying out what was said
  stream.onmessage = () => { refresh(); clearTimeout(later); later = setTimeout(refresh, 2000); };
}

if (document.querySelector("[data-poll]")) refresh();

const chosen = (form) => document.querySelectorAll(`input[form="${form}"][name=ids]:checked`).length;

document.addEventListener("change", ({ target }) => {
  if (!target.dataset.all) return;
  for (const box of document.querySelectorAll(`input[form="${target.dataset.all}"][name=ids]`)) box.checked = target.checked;
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.sure ?? event.target.dataset.sure;
  if (question && !confirm(question.replace("{count}", chosen(event.target.id)))) event.preventDefault();
});

// The answer replaces the part of the page that the form names, so that a chosen file stays chosen.
document.addEventListener("submit", async (event) => {
  const form = event.target, part = document.getElementById(form.dataset.answer);
  if (!part || event.defaultPrevented || event.submitter?.formAction !== form.action) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (answer.redirected) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status === 413) part.textContent = form.dataset.huge;
  else part.replaceChildren(...(fresh.getElementById(part.id) ?? fresh.body).childNodes);
  part.focus();
});

for (const field of document.querySelectorAll("form[data-at-once] select"))
  field.addEventListener("change", () => field.form.requestSubmit());
