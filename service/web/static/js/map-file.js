/* SPDX-License-Identifier: EUPL-1.2
   Starts the map of the file that opens offline. Its data are JSON blocks in the page; nothing is fetched. */
(function () {
  "use strict";

  const { Choropleth, STYLES, Table, drawHistogram, drawLegend, drawMarks, element, kept, numbers, open, replace } = window.LandMap;
  const read = (name) => JSON.parse(document.getElementById(`land-${name}`).textContent);

  const settings = read("settings");
  const payload = read("layer");
  const organisations = read("organisations");
  const { language, municipalities, words } = settings;
  const drawn = rowsOf();
  const panel = document.querySelector("[data-map-panel]");
  const map = open("territory", words);
  const choropleth = new Choropleth(map, read("boundaries"), municipalities, { onSelect: choose, label: tip });

  /** The organisations that the indicator counts. */
  function rowsOf() {
    const kinds = payload.kinds;
    if (!kinds.length) return kept(organisations, {});
    return organisations.id.map((_, row) => row).filter((row) => kinds.includes(organisations.kinds[organisations.kind[row]]));
  }

  function tip(istat) {
    const at = choropleth.position.get(istat);
    const group = payload.classes[at];
    const legend = group < 0 ? null : payload.legend[group];
    const value = !legend ? words.no_data : legend.category ? legend.text : `${numbers(language, payload.decimals)(payload.values[at])} ${payload.unit_short}`;
    return element("div", {}, element("strong", {}, `${municipalities.name[at]} (${municipalities.province[at]})`), element("div", {}, value));
  }

  function choose(istat) {
    choropleth.select(istat, {});
    table.select(istat);
    const at = choropleth.position.get(istat);
    const rows = drawn.filter((row) => organisations.municipality[row] === at);
    replace(card, element("h2", { class: "map-card-title" }, `${municipalities.name[at]} (${municipalities.province[at]})`),
      element("p", {}, tip(istat).lastChild.textContent),
      element("h3", {}, words.organisations, " ", element("span", { class: "map-count" }, numbers(language, 0)(rows.length))),
      element("ul", {}, rows.slice(0, 200).map((row) => element("li", {}, organisations.name[row],
        element("small", {}, words.labels[organisations.kinds[organisations.kind[row]]] || "")))));
    card.hidden = false;
  }

  const legend = element("div", {});
  const histogram = element("div", {});
  const card = element("section", { class: "map-card" });
  card.hidden = true;
  const marks = element("ul", { class: "map-marks" });
  replace(panel, card, element("section", { class: "map-legend" }, settings.selection && element("p", { class: "map-legend-title" }, settings.selection),
    legend, histogram, marks, element("p", { class: "map-note" }, payload.formula), element("p", { class: "map-note" }, settings.made)));

  const heading = (key, text, number) => element("th", { scope: "col", "data-column": key, class: number ? "map-number" : null },
    element("button", { type: "button", "data-sort": key }, text));
  const grid = element("table", { class: "map-table" },
    element("thead", {}, element("tr", {}, heading("name", words.municipality), heading("province", words.province),
      heading("value", payload.unit_label, true), element("th", { scope: "col" }, words.class))), element("tbody", {}));
  document.querySelector("[data-map-table]").append(grid);
  const table = new Table(grid, municipalities, language, words, choose);

  choropleth.paint(payload);
  drawLegend(legend, payload, words, language);
  drawHistogram(histogram, payload, words, language);
  table.fill(payload);
  if (payload.listed || payload.kinds.length) {
    const result = drawMarks(choropleth.marks, organisations, drawn, municipalities, {
      ...STYLES.organisation,
      onSymbol: (mark, at) => mark.on("click", () => choose(municipalities.istat[at])),
      onPoint: (mark, row) => mark.bindPopup(() => element("div", { class: "map-popup" }, element("strong", {}, organisations.name[row]))),
    });
    replace(marks, element("li", { class: "map-mark-key map-mark-key-organisations", "data-drawn": result.drawn }, words.organisations_drawn.replace("{count}", numbers(language, 0)(result.drawn))));
  }
  document.querySelector("[data-map-file]").dataset.ready = "true";
})();
