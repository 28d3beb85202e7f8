// The table: who is shown, the clock above, and the poll that keeps everything fresh.
import { Phone } from "./phone.js";
import { askExtra, prepareFaults, prepareTime, showFaults } from "./sheets.js";
import { attempt, call, make, toast } from "./wire.js";

const POLL_MS = 1000;
const WEEKDAYS = "日一二三四五六";
const phones = new Map();
const unseen = new Map();
let state = { last: 0, people: [] };
let shown = [];
let polling = null;

const narrow = matchMedia("(max-width: 640px)");

function seats() {
  if (narrow.matches) return 1;
  return Math.max(1, Math.min(4, Math.floor((innerWidth - 22) / 306)));
}

function owner(entry) {
  const mark = entry.openid ?? entry.phone;
  return state.people.find((one) => one.openid === mark || one.phone === mark);
}

async function poll() {
  const fresh = await call("GET", `/phone/state?after=${state.last}`);
  if (fresh.last < state.last) { location.reload(); return; }
  state = fresh;
  if (!phones.size) open();
  for (const entry of fresh.entries) {
    const person = owner(entry);
    if (!person) continue;
    phones.get(person.key).take(entry);
    if (entry.from !== "person" && !shown.includes(person.key)) unseen.set(person.key, (unseen.get(person.key) || 0) + 1);
  }
  for (const person of fresh.people) phones.get(person.key).update(person, fresh.menu);
  showClock();
  showFaults(fresh.faults, refresh);
  showPeople();
}

// One poll at a time: two at once would write the same bubbles twice.
function refresh() {
  polling ??= poll().finally(() => { polling = null; });
  return polling;
}

async function refreshAfterActing() {
  if (polling) await polling.catch(() => {});
  await attempt(refresh);
}

function open() {
  for (const person of state.people) {
    phones.set(person.key, new Phone(person, {
      account: state.account,
      onActed: refreshAfterActing,
      askExtra: (kind, phone) => askExtra(kind, phone, state),
    }));
  }
  const kept = (location.hash.slice(1) || "").split(",").filter((key) => phones.has(key));
  shown = (kept.length ? kept : state.people.map((one) => one.key)).slice(0, seats());
  document.getElementById("phones").append(...[...phones.values()].map((one) => one.element));
  seat();
}

function seat() {
  for (const [key, phone] of phones) {
    const visible = shown.includes(key);
    phone.element.hidden = !visible;
    if (visible) { unseen.delete(key); phone.show(phone.lane); }
  }
  history.replaceState(null, "", `#${shown.join(",")}`);
  showPeople();
}

function toggle(key) {
  if (shown.includes(key)) {
    if (shown.length > 1) shown = shown.filter((one) => one !== key);
  } else {
    const wanted = [...shown, key].slice(-seats());
    shown = state.people.map((one) => one.key).filter((one) => wanted.includes(one));
  }
  seat();
}

function showPeople() {
  const list = document.getElementById("people");
  if (!list.children.length) {
    list.append(...state.people.map((person) => {
      const avatar = make("span", { class: "avatar", "aria-hidden": "true" }, person.name[0]);
      avatar.style.background = person.colour;
      return make("li", {}, make("button", { type: "button", "data-key": person.key, onclick: () => toggle(person.key) },
        avatar, person.name, make("span", { class: "count", hidden: true })));
    }));
  }
  for (const button of list.querySelectorAll("button")) {
    const { key } = button.dataset;
    button.setAttribute("aria-pressed", String(shown.includes(key)));
    const count = button.querySelector(".count");
    count.hidden = !unseen.get(key);
    count.textContent = unseen.get(key) || "";
  }
}

function showClock() {
  const [day, rest] = state.now.split("T");
  const [year, month, date] = day.split("-").map(Number);
  const weekday = WEEKDAYS[new Date(Date.UTC(year, month - 1, date)).getUTCDay()];
  const clock = document.getElementById("now");
  clock.dateTime = state.now;
  clock.querySelector(".clock-day").textContent = `${year}年${month}月${date}日 星期${weekday}`;
  clock.querySelector(".clock-time").textContent = rest.slice(0, 5);
}

async function jump(where) {
  const answer = await attempt(() => call("POST", "/clock", where));
  if (answer) toast(answer.service_told ? "时间拨好了，服务也知道了" : "手机的时间拨了，服务没跟上");
  await refreshAfterActing();
}

function tomorrowMorning() {
  const [year, month, date] = state.now.slice(0, 10).split("-").map(Number);
  const next = new Date(Date.UTC(year, month - 1, date + 1)).toISOString().slice(0, 10);
  return { to: `${next}T08:00:00+08:00` };
}

for (const button of document.querySelectorAll(".clock-jumps [data-days]")) {
  button.addEventListener("click", () => jump({ advance_days: Number(button.dataset.days) }));
}
document.querySelector("[data-minutes]").addEventListener("click", () => jump({ advance_minutes: 60 }));
document.querySelector("[data-morning]").addEventListener("click", () => jump(tomorrowMorning()));
prepareTime(jump);
prepareFaults(refreshAfterActing);

let seatsBefore = seats();
addEventListener("resize", () => {
  const now = seats();
  if (!phones.size || now === seatsBefore) return;
  seatsBefore = now;
  const others = state.people.map((one) => one.key).filter((key) => !shown.includes(key));
  const wanted = shown.length >= now ? shown.slice(0, now) : [...shown, ...others].slice(0, now);
  shown = state.people.map((one) => one.key).filter((key) => wanted.includes(key));
  seat();
});

attempt(refresh);
setInterval(() => { refresh().catch(() => toast("演示程序没有回应，它还开着吗？")); }, POLL_MS);
