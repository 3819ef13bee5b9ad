// Pictures of a map, decoded once and kept for whoever asks: sent apart, so that they go over the wire only once.
const KEPT = 3;
const sheets = (window.digitSheets ??= new Map());

function sheetOf(token) {
  if (!sheets.has(token)) {
    const entry = {};
    entry.image = new Promise((resolve) => (entry.resolve = resolve));
    sheets.set(token, entry);
    if (sheets.size > KEPT) sheets.delete(sheets.keys().next().value);
  }
  return sheets.get(token);
}

export default function ({ data }) {
  const entry = sheetOf(new TextDecoder().decode(data.slice(0, 16)));
  if (entry.asked) return;
  entry.asked = true;
  createImageBitmap(new Blob([data.slice(16)], { type: "image/png" })).then(entry.resolve);
}
