// The dialogs: time, faults, and what a thumb can add to a chat.
import { attempt, call, make, toast } from "./wire.js";

const at = (id) => document.getElementById(id);

const FAULTS = [
  ["消息重复推送", "同一条消息同时来两次", { target: "webhook", kind: "duplicate" }],
  ["回复在路上丢了", "平台连推三次，居民看到“暂时无法提供服务”", { target: "webhook", kind: "lost_answer" }],
  ["消息晚到 10 秒", "发出去了，十秒后才到服务", { target: "webhook", kind: "delay", seconds: 10 }],
  ["两条消息颠倒", "先发的后到", { target: "webhook", kind: "reorder", seconds: 20 }],
  ["凭证作废", "所有 access_token 立刻失效", { kind: "expire_tokens" }],
  ["客服消息过了 48 小时", "45015，应改走别的渠道", { target: "message/custom/send", kind: "errcode", value: 45015 }],
  ["接口今天用完了", "45009，任何一个接口", { target: "/cgi-bin/message", kind: "errcode", value: 45009 }],
  ["平台回网页", "502 加一页 HTML", { target: "/cgi-bin/message", kind: "html" }],
  ["收下了却不回话", "超时，其实已经送到", { target: "/cgi-bin/message", kind: "hang", seconds: 20 }],
  ["短信运营商拒收", "号码当日超限", { target: "sms", kind: "code", value: "LimitExceeded.PhoneNumberDailyLimit" }],
  ["短信回执来两次", "", { target: "sms_receipt", kind: "twice" }],
  ["短信回执抢先到", "比发送的应答还早", { target: "sms_receipt", kind: "before" }],
  ["短信没有回执", "", { target: "sms_receipt", kind: "never" }],
  ["短信没送到", "回执写着失败", { target: "sms_receipt", kind: "failed" }],
];

const MOMENTS = [
  ["报名第一天", "2022-04-06T09:00"], ["报名最后一天", "2022-04-30T16:00"], ["上岗", "2022-06-01T08:00"],
  ["到期前两个月", "2025-04-01T09:00"],
];

export function prepareTime(jump) {
  const dialog = at("time-dialog");
  at("pick-time").addEventListener("click", () => dialog.showModal());
  at("time-quick").append(...MOMENTS.map(([name, moment]) =>
    make("button", { type: "button", onclick: () => { at("time-to").value = moment; } }, name)));
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "go" && at("time-to").value) jump({ to: `${at("time-to").value}:00+08:00` });
    dialog.returnValue = "";
  });
}

export function prepareFaults(refresh) {
  const dialog = at("faults-dialog");
  at("open-faults").addEventListener("click", () => dialog.showModal());
  at("close-faults").addEventListener("click", () => dialog.close());
  at("clear-faults").addEventListener("click", async () => {
    await attempt(() => call("DELETE", "/faults"));
    refresh();
  });
  at("fault-presets").append(...FAULTS.map(([name, note, fault]) => make("button", {
    type: "button",
    onclick: async () => {
      if (await attempt(() => call("POST", "/faults", fault))) toast(fault.kind === "expire_tokens" ? "凭证都作废了" : `下一回：${name}`);
      refresh();
    },
  }, name, note ? make("small", {}, note) : "")));
}

export function showFaults(active, refresh) {
  const count = at("fault-count");
  count.hidden = !active.length;
  count.textContent = active.reduce((sum, one) => sum + one.times, 0);
  const name = (one) => FAULTS.find(([, , fault]) => fault.target === one.target && fault.kind === one.kind
    && String(fault.value ?? "") === one.value)?.[0] || `${one.target} ${one.kind} ${one.value}`;
  at("fault-active").replaceChildren(...(active.length ? active.map((one) => make("li", {},
    `${name(one)} × ${one.times}`,
    make("button", {
      type: "button", "aria-label": `取消：${name(one)}`,
      onclick: async () => { await attempt(() => call("DELETE", `/faults/${one.number}`)); refresh(); },
    }, "取消"))) : [make("li", {}, "没有")]));
}

function pickOne(dialog, box, choices, onPick) {
  box.replaceChildren(...choices.map(([label, value, extra]) => make("button", {
    type: "button", onclick: () => { dialog.close(); onPick(value); },
  }, ...(extra ? [extra] : []), label)));
}

const EXTRAS = {
  photo(phone, state) {
    const dialog = at("photo-dialog");
    const samples = Object.entries(state.samples).map(([key, label]) =>
      [label, key, make("img", { src: `/phone/samples/${key}.png`, alt: "" })]);
    pickOne(dialog, at("photo-samples"), samples, (picture) => phone.act({ kind: "image", picture }));
    at("photo-file").value = "";
    at("photo-file").onchange = async (event) => {
      const form = new FormData();
      form.append("picture", event.target.files[0]);
      const kept = await attempt(() => call("POST", "/phone/pictures", form));
      dialog.close();
      if (kept) phone.act({ kind: "image", media_id: kept.media_id });
    };
    dialog.showModal();
  },
  voice(phone) {
    const dialog = at("voice-dialog");
    at("voice-text").value = "";
    dialog.onclose = () => {
      if (dialog.returnValue === "go") phone.act({ kind: "voice", recognition: at("voice-text").value.trim() });
      dialog.returnValue = "";
    };
    dialog.showModal();
  },
  place(phone, state) {
    const dialog = at("place-dialog");
    pickOne(dialog, at("places"), state.places.map((place) => [place, place]), (place) => phone.act({ kind: "location", place }));
    dialog.showModal();
  },
  scan(phone, state) {
    const dialog = at("scan-dialog");
    const known = state.scenes.map((one) => [one.label || one.scene, one.scene]);
    pickOne(dialog, at("scenes"), known, (scene) => phone.act({ kind: "scan", scene }));
    if (!known.length) at("scenes").append(make("p", { class: "quiet" }, "还没有生成过村里的二维码。"));
    at("scan-scene").value = "";
    dialog.onclose = () => {
      if (dialog.returnValue === "go" && at("scan-scene").value.trim()) phone.act({ kind: "scan", scene: at("scan-scene").value.trim() });
      dialog.returnValue = "";
    };
    dialog.showModal();
  },
};

export function askExtra(kind, phone, state) {
  EXTRAS[kind](phone, state);
}

for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
