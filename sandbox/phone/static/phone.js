// One person's phone: tabs, chat, menu, and what the thumbs do.
import { bubble, momentLine, typing } from "./bubbles.js";
import { attempt, call, make, toast } from "./wire.js";

const QUIET_MINUTES = 5;

export class Phone {
  constructor(person, { onActed, askExtra, account }) {
    this.person = person;
    this.onActed = onActed;
    this.askExtra = askExtra;
    this.unread = { wechat: 0, sms: 0 };
    this.lastAt = { wechat: null, sms: null };
    this.waiting = 0;
    this.menuShown = "";
    this.element = document.getElementById("phone-template").content.firstElementChild.cloneNode(true);
    this.lanes = {};
    this.#dress(account);
    this.#wireTabs();
    this.#wireCompose();
    this.show(person.openid ? "wechat" : "sms");
  }

  #find(selector) { return this.element.querySelector(selector); }

  #dress(account) {
    const { person } = this;
    this.element.setAttribute("aria-label", `${person.name}的手机`);
    this.#find("h2").textContent = person.name;
    this.#find(".role").textContent = person.role;
    const avatar = this.#find(".avatar");
    avatar.textContent = person.name[0];
    avatar.style.background = person.colour;
    const rows = [["是谁", person.about], ["手机号", person.phone], ["身份证号", person.id_number]];
    const card = this.#find(".card");
    card.append(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
    const toggle = this.#find(".card-toggle");
    toggle.setAttribute("aria-label", `${person.name}的资料`);
    toggle.addEventListener("click", () => this.#unfold(toggle, card));
    this.#find(".chat-title strong").textContent = account;
    for (const screen of this.element.querySelectorAll(".screen")) {
      const chat = screen.querySelector(".chat");
      const kind = screen.dataset.lane === "wechat" ? "微信对话" : "短信";
      chat.setAttribute("aria-label", `${person.name}的${kind}`);
      screen.querySelector("textarea").setAttribute("aria-label", `${person.name}要说的话（${kind}）`);
      this.lanes[screen.dataset.lane] = { screen, chat, list: chat.querySelector("ol") };
      // The menu, the extras or a photo take room from the chat: the newest bubble stays in sight.
      new ResizeObserver(() => this.#scroll(screen.dataset.lane)).observe(chat);
      chat.addEventListener("load", () => this.#scroll(screen.dataset.lane), { capture: true });
    }
    const hints = { wechat: "还没有消息。可以先关注，也可以直接说一句“您好”。", sms: "还没有短信。" };
    if (!person.openid) hints.sms = "还没有短信。发一句“您好”试试，老人机也能办。";
    for (const [lane, hint] of Object.entries(hints)) this.lanes[lane].list.append(make("li", { class: "empty" }, hint));
  }

  #unfold(button, target) {
    target.hidden = !target.hidden;
    button.setAttribute("aria-expanded", String(!target.hidden));
  }

  #wireTabs() {
    const tabs = [...this.element.querySelectorAll("[role=tab]")];
    for (const tab of tabs) {
      const { lane } = tab.dataset;
      tab.id = `tab-${this.person.key}-${lane}`;
      this.lanes[lane].screen.id = `screen-${this.person.key}-${lane}`;
      tab.setAttribute("aria-controls", this.lanes[lane].screen.id);
      this.lanes[lane].screen.setAttribute("aria-labelledby", tab.id);
      this.lanes[lane].tab = tab;
      tab.addEventListener("click", () => this.show(lane));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = tabs.find((one) => one !== tab && !one.hidden);
        if (other) { this.show(other.dataset.lane); other.focus(); }
      });
    }
    this.#find("[role=tablist]").setAttribute("aria-label", `${this.person.name}的手机里`);
    if (!this.person.openid) this.lanes.wechat.tab.hidden = true;
  }

  show(lane) {
    this.lane = lane;
    for (const [name, { screen, tab }] of Object.entries(this.lanes)) {
      screen.hidden = name !== lane;
      tab.setAttribute("aria-selected", String(name === lane));
      tab.tabIndex = name === lane ? 0 : -1;
    }
    this.unread[lane] = 0;
    this.#count();
    this.#scroll(lane);
  }

  #count() {
    for (const [lane, { tab }] of Object.entries(this.lanes)) {
      const count = tab.querySelector(".count");
      count.textContent = this.unread[lane];
      count.hidden = !this.unread[lane];
    }
  }

  #wireCompose() {
    for (const [lane, { screen }] of Object.entries(this.lanes)) {
      const form = screen.querySelector("form");
      const box = form.querySelector("textarea");
      box.addEventListener("input", () => this.#grow(box));
      box.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          form.requestSubmit();
        }
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const text = box.value.trim();
        if (!text) return;
        box.value = "";
        this.#grow(box);
        if (lane === "wechat") this.act({ kind: "text", text });
        else this.writeSms(text);
      });
    }
    const more = this.#find(".more");
    const extras = this.#find(".extras");
    more.addEventListener("click", () => this.#unfold(more, extras));
    for (const button of extras.querySelectorAll("button")) {
      button.addEventListener("click", () => this.askExtra(button.dataset.extra, this));
    }
    this.#find(".follow").addEventListener("click", () => this.act({ kind: this.person.following ? "unfollow" : "follow" }));
  }

  #grow(box) {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, 104)}px`;
  }

  async act(said) {
    this.#wait(1);
    const outcome = await attempt(() => call("POST", "/phone/send", { openid: this.person.openid, ...said }));
    this.#wait(-1);
    if (outcome?.problem) toast(`平台没收到能用的回复：${outcome.problem}`);
    await this.onActed();
  }

  async writeSms(text) {
    const outcome = await attempt(() => call("POST", "/phone/sms", { phone: this.person.phone, text }));
    if (outcome && outcome.status !== 200) toast("短信发出去了，可是服务没有接住。");
    await this.onActed();
  }

  #wait(change) {
    this.waiting += change;
    this.dots?.remove();
    this.dots = null;
    if (this.waiting > 0) {
      this.dots = typing();
      this.lanes.wechat.list.append(this.dots);
      this.#scroll("wechat");
    }
  }

  update(person, menu) {
    this.person = person;
    const follow = this.#find(".follow");
    follow.textContent = person.following ? "已关注" : "关注";
    follow.classList.toggle("not-yet", !person.following);
    follow.setAttribute("aria-label", person.following ? `${person.name}取消关注` : `${person.name}关注公众号`);
    const wanted = JSON.stringify(menu);
    if (wanted !== this.menuShown) {
      this.menuShown = wanted;
      this.#find(".menu").replaceChildren(...(menu?.button || []).map((button) => this.#menuItem(button)));
    }
  }

  #menuItem(button) {
    if (!button.sub_button?.length) {
      return make("li", {}, make("button", { type: "button", onclick: () => this.#press(button) }, button.name));
    }
    const below = make("ul", { class: "submenu", hidden: true });
    const opener = make("button", { type: "button", "aria-expanded": "false", onclick: () => this.#unfold(opener, below) }, button.name);
    below.append(...button.sub_button.map((one) => make("li", {}, make("button", {
      type: "button", onclick: () => { this.#unfold(opener, below); opener.focus(); this.#press(one); },
    }, one.name))));
    return make("li", {
      onkeydown: (event) => { if (event.key === "Escape" && !below.hidden) { this.#unfold(opener, below); opener.focus(); } },
      onfocusout: (event) => { if (!below.hidden && !event.currentTarget.contains(event.relatedTarget)) this.#unfold(opener, below); },
    }, opener, below);
  }

  #press(button) {
    if (button.type === "view") this.act({ kind: "view", key: button.url });
    else if (button.type === "location_select") this.askExtra("place", this);
    else if (button.type?.startsWith("scancode")) this.askExtra("scan", this);
    else if (button.type?.startsWith("pic")) this.askExtra("photo", this);
    else this.act({ kind: "click", key: button.key, label: button.name });
  }

  take(entry) {
    const { list } = this.lanes[entry.lane];
    list.querySelector(".empty")?.remove();
    const at = Date.parse(entry.at);
    if (this.lastAt[entry.lane] === null || Math.abs(at - this.lastAt[entry.lane]) > QUIET_MINUTES * 60000) {
      list.append(momentLine(entry));
    }
    this.lastAt[entry.lane] = at;
    list.append(bubble(entry, {
      person: this.person,
      onOption: (one) => this.act({ kind: "text", text: one.text, bizmsgmenuid: one.id }),
      onCode: (code) => this.#useCode(code),
    }));
    if (this.dots && entry.lane === "wechat") list.append(this.dots);
    if (entry.from !== "person" && this.lane !== entry.lane) this.unread[entry.lane] += 1;
    this.#count();
    this.#scroll(entry.lane);
  }

  #useCode(code) {
    if (!this.person.openid) return;
    this.show("wechat");
    const box = this.lanes.wechat.screen.querySelector("textarea");
    box.value = code;
    box.focus();
  }

  #scroll(lane) {
    const { chat } = this.lanes[lane];
    chat.scrollTop = chat.scrollHeight;
  }
}
