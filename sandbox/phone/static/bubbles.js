// Entries of the ledger as list items of a chat.
import { make } from "./wire.js";

const HOW = {
  custom: "客服消息", template: "模板消息", subscribe: "订阅通知", mass: "群发消息",
};
const ICONS = { voice: "voice", location: "place" };
const ASIDES = new Set(["follow", "unfollow", "scan", "click", "view", "consent", "event", "enter_location", "raw"]);

export function momentLine(entry) {
  const [day, time] = entry.at.split("T");
  const [year, month, date] = day.split("-").map(Number);
  return make("li", { class: "moment" }, make("time", { datetime: entry.at }, `${year}年${month}月${date}日 ${time.slice(0, 5)}`));
}

export function bubble(entry, { person, onOption, onCode }) {
  if (entry.from === "system") return aside(entry.text, true);
  if (entry.from === "person" && ASIDES.has(entry.kind)) return aside(entry.text);
  if (entry.kind === "card") return notice(entry);
  const mine = entry.from === "person";
  const item = make("li", { class: mine ? "mine" : "theirs" });
  if (entry.lane === "wechat") item.append(face(mine, person));
  const box = make("div", { class: "bubble" }, content(entry, onCode));
  if (entry.options) box.append(options(entry, onOption));
  const how = entry.lane === "sms" ? smsFoot(entry) : HOW[entry.channel];
  if (how) box.append(make("p", { class: "how" }, how));
  item.append(box);
  return item;
}

function face(mine, person) {
  const one = make("span", { class: "face", "aria-hidden": "true" }, mine ? person.name[0] : "公");
  if (mine) one.style.background = person.colour;
  return one;
}

function content(entry, onCode) {
  if (entry.picture) {
    const path = new URL(entry.picture, location.href).pathname;
    return make("img", { src: path, alt: entry.text });
  }
  const icon = ICONS[entry.kind];
  if (icon && entry.from === "person") {
    return make("div", { class: "words with-icon" }, drawing(icon), entry.text.replace(/^\[.*?\] ?/, ""));
  }
  const words = make("div", { class: "words" });
  if (entry.cards) words.append(...entry.cards.map((card) => make("p", {}, card.title || "", card.description ? `\n${card.description}` : "")));
  else if (entry.lane === "sms" && entry.from === "service") words.append(...withCode(entry.text, onCode));
  else words.append(entry.head ?? entry.text);
  return words;
}

function drawing(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/phone/static/icons.svg#${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function withCode(text, onCode) {
  return text.split(/(?<!\d)(\d{6})(?!\d)/).map((part, index) => index % 2
    ? make("button", { type: "button", class: "code", title: "填到微信里", onclick: () => onCode(part) }, part)
    : part);
}

function options(entry, onOption) {
  return make("div", { class: "options" }, ...entry.options.map((one) =>
    make("button", { type: "button", onclick: () => onOption(one) }, one.text)));
}

function smsFoot(entry) {
  return entry.from === "service" && entry.segments > 1 ? `按 ${entry.segments} 条计费` : "";
}

function notice(entry) {
  const rows = entry.rows.flatMap((row) => [make("dt", {}, fieldName(row.name)), make("dd", {}, row.value)]);
  return make("li", {}, make("article", { class: "notice" },
    make("h3", {}, entry.title), make("dl", {}, ...rows),
    make("p", { class: "how" }, HOW[entry.channel] || "", entry.url ? " · 点开看详情" : "")));
}

const FIELD_NAMES = {
  thing: "事项", name: "姓名", date: "日期", time: "时间", phrase: "状态", amount: "金额", number: "数量",
  character_string: "编号", phone_number: "电话", content: "内容", const: "类别",
};

function fieldName(name) {
  return FIELD_NAMES[name.replace(/\d+$/, "")] || name;
}

function aside(text, bad = false) {
  return make("li", { class: bad ? "aside bad" : "aside" }, make("span", {}, text));
}

export function typing() {
  return make("li", { class: "theirs typing", "aria-hidden": "true" },
    make("span", { class: "face" }, "公"),
    make("div", { class: "bubble" }, make("div", { class: "words" }, make("i"), make("i"), make("i"))));
}
