/* SPDX-License-Identifier: EUPL-1.2
   The map of an organisation and its partners, numbered as in the list beside it.

   How a page uses it: include map_partners.html with `source`, the address of
     { "organisation": { "lat", "lon", "name" },
       "partners": [ { "n": 1, "id", "name", "lat", "lon", "precision": "point" | "municipality" } ] }
   (lat/lon null where the place is not known; the reference point of the comune where precision is "municipality").
   Give each card of the list `data-partner="ID"`: hovering or focusing a card lights its number on the map, and the other
   way round the card gets the class `is-lit`; a click on a number moves the focus to the card's first link or button.
   Partners of one comune stand as one mark with their numbers, never moved apart. When the list is replaced (htmx) call
   `LandMap.partners(root)` again, or set another `data-source` and call it: the map is redrawn, not rebuilt.
   Needs map-core.js and the shell script of the map `partners`. */
(function () {
  "use strict";

  const { Choropleth, element, open, readJson, replace } = window.LandMap;
  const drawn = new WeakMap();

  async function partners(root) {
    const made = drawn.get(root) || build(root);
    drawn.set(root, made);
    const { map, group, words, config } = await made;
    const data = await readJson(root.dataset.source);
    group.clearLayers();
    const places = together(data.partners);
    const marks = new Map();
    for (const place of places) {
      const mark = number(place, config);
      mark.addTo(group);
      for (const partner of place.partners) marks.set(partner.id, { mark, partner });
    }
    if (known(data.organisation)) home(data.organisation, words).addTo(group);
    const points = [...places.map((place) => [place.lat, place.lon]), ...(known(data.organisation) ? [[data.organisation.lat, data.organisation.lon]] : [])];
    if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.25), { maxZoom: 11, animate: false });
    wire(marks);
    const lost = data.partners.filter((partner) => !known(partner)).length;
    replace(root.querySelector("[data-map-caption]"), lost > 0 && words.partners_not_drawn.replace("{count}", lost));
    root.dataset.ready = "true";
  }

  async function build(root) {
    const [config, topology] = await Promise.all([readJson(root.dataset.config), readJson(root.dataset.boundaries)]);
    const map = open("partners", { ...config.words, map: root.dataset.label });
    const choropleth = new Choropleth(map, topology, config.municipalities, { label: null });
    choropleth.polygons.setStyle({ fillColor: "#e6ebed", interactive: false });
    return { map, config, words: config.words, group: L.layerGroup().addTo(map) };
  }

  const known = (place) => place && typeof place.lat === "number" && typeof place.lon === "number";

  /** Partners that stand on the same point, in list order. */
  function together(list) {
    const places = new Map();
    for (const partner of list.filter(known)) {
      const key = `${partner.lat} ${partner.lon}`;
      const place = places.get(key) || { lat: partner.lat, lon: partner.lon, partners: [] };
      place.partners.push(partner);
      places.set(key, place);
    }
    return [...places.values()];
  }

  function number(place, config) {
    const shown = place.partners.slice(0, 3).map((partner) => partner.n).join(", ") + (place.partners.length > 3 ? " …" : "");
    const approximate = place.partners.some((partner) => partner.precision !== "point");
    const face = element("span", { class: `map-number-mark${approximate ? " map-number-approximate" : ""}` }, shown);
    const icon = L.divIcon({ html: face, className: "map-number-icon", iconSize: null });
    const names = place.partners.map((partner) => `${partner.n}. ${partner.name}`).join("; ");
    const mark = L.marker([place.lat, place.lon], { icon, keyboard: true, alt: names, title: "" });
    const tip = element("div", {}, place.partners.map((partner) => element("div", {}, `${partner.n}. ${partner.name}`)),
      approximate && element("small", {}, config.words.partners_at_municipality));
    mark.bindTooltip(() => tip, { className: "map-tip" });
    mark.face = face;
    mark.partners = place.partners;
    mark.on("add", () => mark.getElement()?.setAttribute("aria-label", names));
    return mark;
  }

  function home(organisation, words) {
    const face = element("span", { class: "map-home-mark" });
    const mark = L.marker([organisation.lat, organisation.lon], { icon: L.divIcon({ html: face, className: "map-number-icon", iconSize: null }), keyboard: false, zIndexOffset: -100 });
    mark.bindTooltip(() => element("div", {}, element("strong", {}, organisation.name), element("div", {}, words.partners_here)), { className: "map-tip" });
    return mark;
  }

  /** Cards and numbers light each other. */
  function wire(marks) {
    for (const [id, { mark }] of marks) {
      const card = document.querySelector(`[data-partner="${CSS.escape(id)}"]`);
      const light = (on) => {
        mark.face.classList.toggle("is-lit", on);
        mark.setZIndexOffset(on ? 1000 : 0);
        card?.classList.toggle("is-lit", on);
      };
      mark.on("mouseover", () => light(true)).on("mouseout", () => light(false));
      if (mark.partners[0].id === id) mark.on("click", () => card?.querySelector("a, button")?.focus());
      const element_of_mark = mark.getElement();
      element_of_mark?.addEventListener("focus", () => light(true));
      element_of_mark?.addEventListener("blur", () => light(false));
      if (!card) continue;
      card.addEventListener("mouseenter", () => light(true));
      card.addEventListener("mouseleave", () => light(false));
      card.addEventListener("focusin", () => light(true));
      card.addEventListener("focusout", () => light(false));
    }
  }

  window.LandMap.partners = partners;
  for (const root of document.querySelectorAll("[data-partners-map]")) partners(root);
})();
