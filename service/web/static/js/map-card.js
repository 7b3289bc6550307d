/* SPDX-License-Identifier: EUPL-1.2
   The card of a comune, from /maps/municipality/ISTAT.json. Adds `LandMap.drawCard`; needs map-core.js. */
(function () {
  "use strict";

  const { element, link, replace } = window.LandMap;

  function figures(card, words) {
    const cell = (text) => element("td", { class: "map-number" }, text);
    return element("table", { class: "map-card-figures" },
      element("caption", { class: "visually-hidden" }, words.figures),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, words.figure),
        [card.name, card.province_label, words.region].map((name) => element("th", { scope: "col", class: "map-number" }, name)))),
      element("tbody", {}, card.figures.map((figure) => element("tr", {},
        element("th", { scope: "row" }, figure.title, element("small", {}, figure.unit)),
        cell(figure.here), cell(figure.province), cell(figure.region)))));
  }

  function list(title, total, items, empty, parts) {
    return element("section", { class: "map-card-list" },
      element("h3", {}, title, " ", total && element("span", { class: "map-count" }, total)),
      parts && element("p", { class: "map-empty" }, parts),
      items.length ? element("ul", {}, items) : element("p", { class: "map-empty" }, empty));
  }

  const mark = (item) => item.mark && element("span", { class: `map-mark map-mark-${item.evidence}` }, item.mark);

  /** Fills a container with the card; `onClose` when the reader closes it. */
  function drawCard(container, card, words, onClose) {
    const heading = element("h2", { class: "map-card-title", tabindex: "-1" }, card.name);
    replace(container,
      element("div", { class: "map-card-head" }, heading, element("p", { class: "map-card-place" }, card.place),
        element("button", { type: "button", class: "map-close", "aria-label": words.close, click: onClose }, "×")),
      element("div", { class: "map-scroll", tabindex: "0", role: "group", "aria-label": words.figures }, figures(card, words)),
      element("p", {}, element("a", { href: card.page, class: "map-card-open" }, words.open_sheet)),
      list(words.organisations_and_bodies, card.organisations.total_text,
        card.organisations.items.map((item) => element("li", {}, link(item.page, item.name), element("small", {}, item.kind), mark(item))),
        card.organisations.empty, card.organisations.by_kind.map((kind) => `${kind.label} ${kind.count}`).join(" · ")),
      card.organisations.more && element("p", { class: "map-empty" }, card.organisations.more),
      list(words.sites, card.sites.total_text,
        card.sites.items.map((item) => element("li", {}, link(item.page, item.name), element("small", {}, item.count))), card.sites.empty),
      list(words.needs, card.needs.total_text,
        card.needs.items.map((item) => element("li", {}, item.what, element("small", {}, item.who), mark(item))), card.needs.empty),
      element("p", { class: "map-legend-source" }, card.source_text));
    return heading;
  }

  window.LandMap.drawCard = drawCard;
})();
