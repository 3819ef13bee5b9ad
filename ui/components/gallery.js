// Tiles cut from one sprite sheet. Each is a button: reachable by keyboard, named for a screen reader.
const TILE = 28;

function button(data, index) {
  const tile = document.createElement("button");
  const column = index % data.columns, row = Math.floor(index / data.columns);
  const scale = data.size / TILE;
  tile.type = "button";
  tile.title = data.captions[index];
  tile.setAttribute("aria-label", data.captions[index]);
  tile.style.width = tile.style.height = `${data.size}px`;
  tile.style.backgroundImage = `url(${data.sheet})`;
  tile.style.backgroundSize = `${data.columns * data.size}px auto`;
  tile.style.backgroundPosition = `${-column * TILE * scale}px ${-row * TILE * scale}px`;
  tile.dataset.mark = data.marks[index];
  return tile;
}

export default function (component) {
  const { parentElement, setStateValue } = component;
  const data = JSON.parse(component.data);
  const grid = parentElement.querySelector(".gallery");
  if (grid.dataset.token !== data.token) {
    grid.dataset.token = data.token;
    grid.replaceChildren(...data.captions.map((_, index) => button(data, index)));
  }
  [...grid.children].forEach((tile, index) => {
    tile.setAttribute("aria-pressed", index === data.chosen);
    tile.onclick = () => setStateValue("chosen", { token: data.token, index });
  });
}
