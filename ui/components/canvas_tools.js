// Buttons, pen and keys for a drawing canvas, and a hand that draws given strokes on it. The canvas is a component of
// its own: it is found in the same sheet, and asked through its own buttons and the events of a mouse, so that what
// comes of it is what comes of a person.
const OWN = { undo: "Undo", redo: "Redo", tell: "Update the app with this drawing" }; // what the canvas calls its buttons
const REPLAY_MS = 600, FRAME_MS = 16;
const UNTOLD_MS = 400; // the canvas tells of a stroke 200 ms after it: so long it may not have
const HELD_BACK = ["mousedown", "mousemove", "mouseup", "touchstart", "touchmove", "touchend"];
const mounted = new WeakMap();
const played = new Set(); // replays that this tab has shown: coming back to the page does not show them again

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

function typing(event) {
  const at = event.composedPath()[0];
  const field = at.tagName === "INPUT" && !["range", "radio", "checkbox", "button"].includes(at.type);
  return field || at.isContentEditable || ["TEXTAREA", "SELECT"].includes(at.tagName)
    || document.querySelector('[role="dialog"], [role="alertdialog"], [role="listbox"]');
}

function actOf(event) {
  const key = event.key.toLowerCase(), command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey) return { z: event.shiftKey ? "redo" : "undo", y: "redo" }[key];
  if (key === "[" || key === "]") return key === "[" ? "thinner" : "thicker"; // AltGr, where it takes that
  return command || event.altKey ? undefined : { escape: "clear", delete: "clear" }[key];
}

class Tools {
  constructor(parent) {
    this.parent = parent;
    this.sheet = parent.host.closest('[class*="st-key-sheet-"]');
    this.buttons = [...parent.querySelectorAll("button")];
    this.range = parent.querySelector("input");
    this.output = parent.querySelector("output");
    this.cleared = 0; // how many strokes the last Clear took: Undo brings all of them back
    this.lifted = -Infinity; // when the last stroke ended
    this.acts = Promise.resolve(); // what was asked of the canvas, one after another
    this.over = new AbortController();
    this.listen();
    this.find();
  }

  listen() {
    const signal = this.over.signal;
    for (const button of this.buttons) button.addEventListener("click", () => this.act(button.dataset.act), { signal });
    this.range.addEventListener("input", () => this.say(), { signal });
    this.range.addEventListener("change", () => this.choose(), { signal });
    window.addEventListener("keydown", (event) => this.key(event), { signal });
    const early = { signal, capture: true }; // before what is clicked hears of it
    window.addEventListener("pointerdown", (event) => this.point(event), early);
    window.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && this.tell(), early);
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => this.lift(), early);
    const hold = (event) => this.replaying && event.isTrusted && event.stopImmediatePropagation();
    for (const name of HELD_BACK) window.addEventListener(name, hold, early);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.sheet);
  }

  point(event) {
    this.drawing = !!this.root && event.composedPath().includes(this.root);
    if (!this.drawing) this.tell();
  }

  tell() { // a digit may be clicked right after the last stroke: the page must know of that stroke then
    if (performance.now() - this.lifted < UNTOLD_MS) this.own("tell")?.click();
    this.lifted = -Infinity;
  }

  lift() {
    if (this.drawing) this.lifted = performance.now();
    this.drawing = false;
  }

  key(event) {
    const act = actOf(event);
    if (!act || event.defaultPrevented || this.replaying || typing(event)) return;
    event.preventDefault();
    this.act(act);
  }

  find() { // it may come after us, and anew
    if (this.over.signal.aborted) return;
    const hosts = [...this.sheet.querySelectorAll('[data-testid="stBidiComponentIsolated"]')];
    const roots = hosts.map((host) => host.shadowRoot?.querySelector(".dc-root")).filter(Boolean);
    if (roots[0] && roots[0] !== this.root) {
      this.root = roots[0];
      this.watch?.disconnect();
      this.watch = new MutationObserver(() => this.refresh());
      this.watch.observe(this.root, { subtree: true, attributes: true, attributeFilter: ["disabled"] });
      this.refresh();
      this.fit();
    }
    if (!this.root?.isConnected) setTimeout(() => this.find(), 50);
  }

  own(act) { return this.root?.querySelector(`[aria-label="${OWN[act]}"]`); }
  can(act) { return !!this.own(act) && !this.own(act).disabled; }

  refresh() {
    if (!this.can("redo")) this.cleared = 0;
    const able = { undo: this.can("undo") || this.cleared, redo: this.can("redo") && !this.cleared, clear: this.can("undo") };
    for (const button of this.buttons) button.setAttribute("aria-disabled", !able[button.dataset.act]);
  }

  act(act) {
    if (act === "thinner" || act === "thicker") return this.step(act === "thinner" ? -1 : 1);
    if (!this.replaying) this.acts = this.acts.then(() => this.do(act));
  }

  async do(act) {
    if (!this.root?.isConnected) this.find();
    if (act === "clear") await this.clear();
    else if (act === "undo" && !this.can("undo")) await this.press("redo", this.cleared);
    else if (act === "undo" || !this.cleared) await this.press(act, 1);
    this.refresh();
  }

  async press(act, times = 1000) { // one after another: the canvas would mix two loads of what it goes back to
    let done = 0;
    for (; done < times && this.can(act); done++) {
      this.own(act).click();
      await pause(0);
    }
    return done;
  }

  async clear() { // not the canvas's own Reset, which forgets what there was
    this.cleared = (await this.press("undo")) || this.cleared;
  }

  step(by) {
    this.range[by < 0 ? "stepDown" : "stepUp"]();
    this.choose();
  }

  say() {
    this.output.textContent = `${this.range.value} px`;
    this.range.setAttribute("aria-valuetext", `${this.range.value} pixels`);
  }

  choose() {
    this.say();
    this.range.ariaBusy = "true"; // until the canvas has that pen
    this.set("pen", Number(this.range.value));
  }

  fit() { // a wide canvas is shown smaller where the page is narrow
    const box = this.root?.querySelector(".dc-container");
    if (box) box.style.zoom = Math.min(1, this.sheet.clientWidth / parseFloat(box.style.width)) || 1;
  }

  update(data, set) {
    this.set = set;
    if (!this.range.max) { // later on this range is right, and the server behind it
      Object.assign(this.range, { min: data.thinnest, max: data.widest, value: data.pen });
      this.say();
    }
    if (data.pen === Number(this.range.value)) this.range.ariaBusy = "false";
    if (data.replay && !played.has(data.replay.token)) this.replay(data.replay);
  }

  async replay(wanted) { // the last that is wanted while another one is drawn comes after that
    this.wanted = wanted;
    if (this.replaying) return;
    this.replaying = true;
    try {
      await this.acts;
      for (let tries = 0; !this.root?.isConnected && tries < 100; tries++) await pause(50);
      const target = this.root?.querySelector("canvas.upper-canvas");
      while (target && !played.has(this.wanted.token)) {
        played.add(this.wanted.token);
        await this.perform(target, this.wanted.strokes);
      }
    } finally {
      this.replaying = false;
    }
  }

  async perform(target, strokes) {
    await this.clear();
    const points = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = still ? points : Math.ceil((points * FRAME_MS) / REPLAY_MS);
    for (const stroke of strokes) await this.stroke(target, stroke, step);
    this.lifted = performance.now();
  }

  async stroke(target, points, step) {
    const box = target.getBoundingClientRect(), scale = box.width / target.width;
    const send = (type, [x, y]) => target.dispatchEvent(new MouseEvent(type, {
      bubbles: true, composed: true, cancelable: true, view: window, buttons: 1,
      clientX: box.left + x * scale, clientY: box.top + y * scale,
    }));
    send("mousedown", points[0]);
    for (let at = 1; at < points.length; at++) {
      if (at % step === 0) await pause(FRAME_MS);
      send("mousemove", points[at]);
    }
    send("mouseup", points[points.length - 1]);
    await pause(FRAME_MS);
  }

  leave() {
    this.over.abort();
    this.resized.disconnect();
    this.watch?.disconnect();
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let tools = mounted.get(parentElement);
  if (!tools) mounted.set(parentElement, (tools = new Tools(parentElement)));
  tools.update(JSON.parse(data), setStateValue);
  return () => {
    tools.leave();
    mounted.delete(parentElement);
  };
}
