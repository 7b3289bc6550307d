/* SPDX-License-Identifier: EUPL-1.2
   Small maps: the one of the home page (an indicator; a comune opens the territory page) and the one of a comune's sheet
   (the comune marked among the others). Needs map-core.js and the shell script of the map named by `data-small-map`. */
(function () {
  "use strict";

  const { Choropleth, element, numbers, open, readJson, replace } = window.LandMap;

  async function draw(root) {
    const { smallMap: name, here, label } = root.dataset;
    const [config, topology, payload] = await Promise.all([
      readJson(root.dataset.config), readJson(root.dataset.boundaries), here ? null : readJson(root.dataset.indicator),
    ]);
    const { istat, name: names, province } = config.municipalities;
    const map = open(name, { ...config.words, map: label });
    const go = (code) => { location.href = `${config.addresses.territory}?municipality=${code}`; };
    const choropleth = new Choropleth(map, topology, config.municipalities, { onSelect: go, label: (code) => tip(code) });

    function tip(code) {
      const at = choropleth.position.get(code);
      const title = element("strong", {}, `${names[at]} (${province[at]})`);
      if (!payload) return element("div", {}, title);
      const group = payload.classes[at];
      const value = group < 0 ? config.words.no_data : `${numbers(config.language, payload.decimals)(payload.values[at])} ${payload.unit_short}`;
      return element("div", {}, title, element("div", {}, value));
    }

    if (payload) {
      choropleth.paint(payload);
      replace(root.querySelector("[data-map-caption]"), payload.title, ". ", payload.demonstration && `${config.words.demonstration} `, payload.boundary_note);
    } else {
      const layer = choropleth.byCode.get(here);
      if (layer) {
        layer.setStyle({ fillColor: "#17617f" });
        choropleth.select(here);
      }
      replace(root.querySelector("[data-map-caption]"), names[istat.indexOf(here)] || "");
    }
    root.dataset.ready = "true";
  }

  for (const root of document.querySelectorAll("[data-small-map]")) draw(root);
})();
