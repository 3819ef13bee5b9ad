// Maps of images, side by side: dots, digits or pictures on a canvas, the image under the pointer, a lasso or a box.
// An image is marked in every map that shows the same images. Only what was chosen goes back to the server.
const SIDE = 28, STEPS = 65535, REACH = 16, CLICK = 4;
const MODES = { look: "Look", lasso: "Lasso", box: "Box", move: "Move" };
const HELP = {
  look: "Point at an image to see it", lasso: "Draw around images to choose them; a click chooses one",
  box: "Drag a box over images to choose them", move: "Drag to move, turn the wheel to zoom",
};

function unpack(text, Type) {
  return new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

function make(parent, name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

function inside(path, x, y) { // even-odd rule
  let odd = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [ax, ay] = path[i], [bx, by] = path[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

class Pane {
  constructor(map, data, number) {
    Object.assign(this, { map, data, number, scale: 1, left: 0, top: 0 });
    this.x = unpack(data.x, Uint16Array);
    this.y = unpack(data.y, Uint16Array);
    this.answers = unpack(data.answers, Uint8Array);
    this.labels = unpack(data.labels, Uint8Array);
    this.order = Array.from(this.x.keys()).sort((a, b) => this.wrong(a) - this.wrong(b)); // the misread on top
    const figure = make(map.panesElement, "figure", "pane");
    figure.style.setProperty("--framework", data.colour);
    make(figure, "figcaption", "", data.title);
    this.field = make(figure, "div", "field");
    this.points = make(this.field, "canvas", "points");
    this.over = make(this.field, "canvas", "over");
    this.over.setAttribute("role", "img");
    this.over.setAttribute("aria-label", data.alt);
    this.tip = make(this.field, "div", "tip");
    this.picture = make(this.tip, "canvas");
    this.picture.width = this.picture.height = SIDE;
    this.words = make(this.tip, "div");
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.field);
    map.sheet(data.sheet).then((image) => { this.image = image; this.draw(); });
  }

  wrong(index) { return this.answers[index] !== this.labels[index] ? 1 : 0; }
  size() { return Math.min(this.field.clientWidth, this.field.clientHeight); }
  px(index) { return ((this.x[index] / STEPS) * this.scale + this.left) * this.size(); }
  py(index) { return ((1 - this.y[index] / STEPS) * this.scale + this.top) * this.size(); }

  colour(index) {
    const { colour, palette } = this.map.data;
    if (colour === "right") return this.wrong(index) ? palette.wrong : palette.right;
    return palette.digits[colour === "label" ? this.labels[index] : this.answers[index]];
  }

  context(canvas) {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(this.field.clientWidth * ratio);
    canvas.height = Math.round(this.field.clientHeight * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  draw() {
    if (!this.field.clientWidth) return;
    const context = this.context(this.points), extent = this.size(), style = this.map.data.style;
    const many = this.x.length > 2000, zoom = Math.sqrt(this.scale);
    const mark = { dots: many ? 4 : 7, digits: many ? 10 : 15, pictures: many ? 14 : 24 }[style] * zoom;
    for (const index of this.order) {
      const x = this.px(index), y = this.py(index);
      if (x < -mark || y < -mark || x > extent + mark || y > extent + mark) continue;
      context.globalAlpha = this.map.chosen && this.map.linkedTo(this) && !this.map.chosen.has(index) ? 0.12 : 1;
      if (style === "pictures" && this.image) this.drawPicture(context, index, x, y, mark);
      else this.drawMark(context, index, x, y, mark);
    }
    this.drawOver();
  }

  drawMark(context, index, x, y, size) {
    const text = this.map.data.style === "digits" ? this.answers[index] : this.wrong(index) ? "x" : "o";
    const mark = this.map.mark(text, this.colour(index), size);
    context.drawImage(mark.canvas, x - mark.side / 2, y - mark.side / 2, mark.side, mark.side);
  }

  drawPicture(context, index, x, y, size) {
    context.fillStyle = this.colour(index);
    context.fillRect(x - size / 2 - 1.5, y - size / 2 - 1.5, size + 3, size + 3);
    this.copy(context, index, x - size / 2, y - size / 2, size);
  }

  copy(context, index, x, y, size) {
    const columns = this.data.columns;
    const from = [(index % columns) * SIDE, Math.floor(index / columns) * SIDE];
    context.drawImage(this.image, ...from, SIDE, SIDE, x, y, size, size);
  }

  drawOver() {
    const context = this.context(this.over), style = getComputedStyle(this.map.root);
    context.strokeStyle = style.getPropertyValue("--st-text-color") || "#888";
    const marked = this.map.marked;
    if (marked !== null && this.map.markedIn(this)) {
      context.lineWidth = 2;
      context.beginPath();
      context.arc(this.px(marked), this.py(marked), 11, 0, 7);
      context.stroke();
    }
    if (!this.path || this.path.length < 2) return;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.fillStyle = "rgba(127, 127, 127, 0.15)";
    context.beginPath();
    this.outline().forEach(([x, y], step) => (step ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.fill();
    context.stroke();
  }

  outline() {
    if (this.map.mode !== "box") return this.path;
    const [[ax, ay], [bx, by]] = [this.path[0], this.path[this.path.length - 1]];
    return [[ax, ay], [bx, ay], [bx, by], [ax, by]];
  }

  nearest(x, y) {
    let best = null, reach = REACH * REACH;
    for (let index = 0; index < this.x.length; index++) {
      const distance = (this.px(index) - x) ** 2 + (this.py(index) - y) ** 2;
      if (distance < reach) [best, reach] = [index, distance];
    }
    return best;
  }

  at(event) {
    const box = this.over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  listen() {
    const over = this.over;
    over.onpointerdown = (event) => this.press(event);
    over.onpointermove = (event) => this.moved(event);
    over.onpointerup = (event) => this.release(event);
    over.onpointercancel = () => { this.path = this.grip = null; this.drawOver(); };
    over.onpointerleave = () => this.map.point(this, null);
    over.ondblclick = () => this.map.mode === "move" && this.look(1, 0, 0);
    over.addEventListener("wheel", (event) => this.zoom(event), { passive: false });
  }

  press(event) {
    if (event.button) return;
    const place = this.at(event);
    if (this.map.mode === "look") return this.map.point(this, this.nearest(...place));
    this.over.setPointerCapture(event.pointerId);
    if (this.map.mode === "move") this.grip = [place, this.left, this.top];
    else this.path = [place];
  }

  moved(event) {
    const place = this.at(event);
    if (this.grip) {
      const [[x, y], left, top] = this.grip, extent = this.size();
      return this.look(this.scale, left + (place[0] - x) / extent, top + (place[1] - y) / extent);
    }
    if (!this.path) return this.map.point(this, this.nearest(...place));
    this.path.push(place);
    this.drawOver();
  }

  release(event) {
    const path = this.path && this.path.length > 1 ? this.outline() : this.path;
    this.path = this.grip = null;
    if (!path) return;
    const wide = Math.max(...[0, 1].map((axis) => {
      const values = path.map((place) => place[axis]);
      return Math.max(...values) - Math.min(...values);
    }));
    const found = [];
    if (wide < CLICK) found.push(...[this.nearest(...path[0])].filter((index) => index !== null));
    else for (let i = 0; i < this.x.length; i++) if (inside(path, this.px(i), this.py(i))) found.push(i);
    this.map.choose(this, found, event.shiftKey);
  }

  zoom(event) {
    if (this.map.mode !== "move") return;
    event.preventDefault();
    const extent = this.size(), [x, y] = this.at(event).map((value) => value / extent);
    const scale = Math.min(40, Math.max(1, this.scale * Math.exp(-event.deltaY / 400)));
    const ratio = scale / this.scale;
    this.look(scale, x - (x - this.left) * ratio, y - (y - this.top) * ratio);
  }

  look(scale, left, top) {
    const keep = (value) => Math.min(0.5, Math.max(0.5 - scale, value));
    Object.assign(this, { scale, left: keep(left), top: keep(top) });
    this.map.point(this, null);
    this.draw();
  }

  showTip(index) {
    this.tip.style.display = index === null ? "none" : "flex";
    if (index === null) return;
    const context = this.picture.getContext("2d");
    context.clearRect(0, 0, SIDE, SIDE);
    if (this.image) this.copy(context, index, 0, 0, SIDE);
    this.words.replaceChildren();
    for (const line of this.map.describe(this, index)) make(this.words, "div", "", line);
    const extent = this.size(), x = this.px(index), y = this.py(index), box = this.tip.getBoundingClientRect();
    this.tip.style.left = `${Math.min(Math.max(0, x + (x > extent / 2 ? -box.width - 16 : 16)), extent - box.width)}px`;
    this.tip.style.top = `${Math.min(Math.max(0, y + (y > extent / 2 ? -box.height - 16 : 16)), extent - box.height)}px`;
  }
}

class DigitMap {
  constructor(root) {
    Object.assign(this, { root, marks: new Map(), chosen: null, marked: null, panes: [] });
    this.tools = root.querySelector(".tools");
    this.panesElement = root.querySelector(".panes");
    this.legend = root.querySelector(".legend");
    this.makeTools();
    this.setMode(window.matchMedia("(pointer: coarse)").matches ? "look" : "lasso");
  }

  makeTools() {
    this.buttons = Object.entries(MODES).map(([mode, label]) => {
      const button = make(this.tools, "button", "", label);
      Object.assign(button, { type: "button", title: HELP[mode], onclick: () => this.setMode(mode) });
      button.dataset.mode = mode;
      return button;
    });
    make(this.tools, "span", "gap");
    const whole = make(this.tools, "button", "", "Whole map");
    Object.assign(whole, { type: "button", onclick: () => this.panes.forEach((pane) => pane.look(1, 0, 0)) });
    const clear = make(this.tools, "button", "", "Clear choice");
    Object.assign(clear, { type: "button", onclick: () => this.choose(this.panes[0], [], false) });
  }

  setMode(mode) {
    this.mode = this.root.dataset.mode = mode;
    this.buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.mode === mode));
  }

  update(data, send) {
    const fresh = data.token !== this.token;
    Object.assign(this, { data, send, token: data.token });
    if (fresh) {
      Object.assign(this, { chosen: null, marked: null });
      this.panesElement.replaceChildren();
      this.panes = data.panes.map((pane, number) => new Pane(this, pane, number));
    }
    this.showLegend();
    this.panes.forEach((pane) => pane.draw());
  }

  sheet(token) { // see digit_sheet.js, which fills it in
    const sheets = (window.digitSheets ??= new Map());
    if (!sheets.has(token)) {
      const entry = {};
      entry.image = new Promise((resolve) => (entry.resolve = resolve));
      sheets.set(token, entry);
    }
    return sheets.get(token).image;
  }

  showLegend() {
    const { colour, palette } = this.data;
    this.legend.replaceChildren();
    const entries = colour === "right" ? [["right", palette.right], ["wrong", palette.wrong]]
      : palette.digits.map((shade, digit) => [`${digit}`, shade]);
    make(this.legend, "span", "", { label: "Label", answer: "Answer", right: "Answer is" }[colour]);
    for (const [text, shade] of entries) make(this.legend, "b", "", text).style.color = shade;
  }

  mark(text, colour, size) { // letters are slow to draw 20,000 times: each kind is drawn once and copied
    const ratio = window.devicePixelRatio || 1, key = `${text} ${colour} ${size.toFixed(1)} ${ratio}`;
    if (this.marks.size > 400) this.marks.clear();
    if (!this.marks.has(key)) this.marks.set(key, this.makeMark(text, colour, size, ratio));
    return this.marks.get(key);
  }

  makeMark(text, colour, size, ratio) {
    const side = Math.ceil(size + 4), canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(side * ratio);
    const context = canvas.getContext("2d");
    context.scale(canvas.width / side, canvas.width / side);
    Object.assign(context, { fillStyle: colour, strokeStyle: colour, textAlign: "center", textBaseline: "middle" });
    context.font = `bold ${size}px sans-serif`;
    context.lineWidth = Math.max(1.5, size / 4);
    const [low, high] = [2, side - 2];
    context.beginPath();
    if (text === "o") context.arc(side / 2, side / 2, size / 2, 0, 7);
    if (text === "o") context.fill();
    else if (text === "x") {
      for (const [x, y] of [[low, high], [high, low]]) { context.moveTo(low, x); context.lineTo(high, y); }
      context.stroke();
    } else context.fillText(text, side / 2, side / 2 + size * 0.05);
    return { canvas, side };
  }

  linkedTo(pane) { return this.data.linked || pane === this.chosenIn; }
  markedIn(pane) { return this.data.linked || pane === this.pointed; }

  describe(pane, index) {
    const lines = [`Label ${pane.labels[index]}`];
    for (const one of this.data.linked ? this.panes : [pane]) {
      lines.push(`${one.data.name} ${one.answers[index]}${one.wrong(index) ? " (wrong)" : ""}`);
    }
    return lines;
  }

  point(pane, index) {
    if (index === this.marked && pane === this.pointed) return;
    Object.assign(this, { marked: index, pointed: pane });
    for (const one of this.panes) {
      one.drawOver();
      one.showTip(one === pane ? index : null);
    }
  }

  choose(pane, indices, more) {
    const before = more && this.chosen && this.chosenIn === pane ? this.chosen : [];
    const chosen = new Set([...before, ...indices]);
    Object.assign(this, { chosen: chosen.size ? chosen : null, chosenIn: pane });
    this.panes.forEach((one) => one.draw());
    const bits = new Uint8Array(Math.ceil(pane.x.length / 8));
    chosen.forEach((index) => (bits[index >> 3] |= 1 << (index & 7)));
    const text = btoa(Array.from(bits, (byte) => String.fromCharCode(byte)).join(""));
    this.send("chosen", chosen.size ? { token: this.token, pane: pane.number, bits: text } : null);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".digit-map");
  root.map ??= new DigitMap(root);
  root.map.update(data, setStateValue);
}
