// A table of 10 x 10 buttons. One of them is in the tab order; the arrow keys move among the rest.
const DIGITS = [...Array(10).keys()];
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function element(name, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(name), properties));
}

function cell(row, label, digit, first) {
  const button = element("button", element("td", row), { type: "button", tabIndex: first ? 0 : -1 });
  button.dataset.label = label;
  button.dataset.digit = digit;
}

function build(table) {
  const above = element("tr", element("thead", table));
  element("th", above, { className: "axis", textContent: "is ↓ · read as →", colSpan: 11 });
  const head = element("tr", table.tHead);
  element("td", head);
  for (const digit of DIGITS) element("th", head, { scope: "col", textContent: digit });
  const body = element("tbody", table);
  for (const label of DIGITS) {
    const row = element("tr", body);
    element("th", row, { scope: "row", textContent: label });
    for (const digit of DIGITS) cell(row, label, digit, label === 0 && digit === 0);
  }
}

function move(table, event) {
  const step = STEPS[event.key], from = event.target.dataset;
  if (!step || from.label === undefined) return;
  event.preventDefault();
  const [label, digit] = [+from.label + step[0], +from.digit + step[1]];
  const next = table.querySelector(`button[data-label="${label}"][data-digit="${digit}"]`);
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function paint(button, data, chosen) {
  const label = +button.dataset.label, digit = +button.dataset.digit;
  const strength = data.strengths[label][digit];
  button.textContent = data.texts[label][digit];
  button.title = data.captions[label][digit];
  button.setAttribute("aria-label", data.captions[label][digit]);
  button.setAttribute("aria-pressed", Boolean(chosen && chosen.label === label && chosen.digit === digit));
  button.style.setProperty("--strength", strength);
  button.classList.toggle("strong", strength > 0.6);
  button.classList.toggle("filled", data.counts[label][digit] > 0);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const table = parentElement.querySelector("table");
  if (!table.tBodies.length) build(table);
  table.setAttribute("aria-label", data.title);
  table.style.setProperty("--colour", data.colour);
  table.onkeydown = (event) => move(table, event);
  for (const button of table.querySelectorAll("button")) {
    paint(button, data, data.chosen);
    const place = { label: +button.dataset.label, digit: +button.dataset.digit };
    button.onclick = () => setStateValue("chosen", place);
  }
}
