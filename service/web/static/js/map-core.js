/* SPDX-License-Identifier: EUPL-1.2
   What every map of ours is made of. Defines the global `LandMap`; needs Leaflet (`L`) and topojson-client (`topojson`).
   Text that comes from data is only ever set through textContent: never markup, never a template. */
(function () {
  "use strict";

    const BORDER = { polygon: "#ffffff", province: "#5d6b78", outline: "#33424f", selected: "#111c26", hover: "#33424f" };
  const MARK = { organisation: "#c2410c", site: "#5b2a86", landmark: "#3b4a54", halo: "#ffffff" };
  const [SMALLEST, LARGEST] = [2.8, 17];
  const LOCALES = { it: "it-IT", en: "en-GB" };

  /* --- elements and numbers ------------------------------------------------------------------------------- */

  /** An element with attributes (properties when the value is not text) and children; strings become text nodes. */
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "class") made.className = value;
      else if (typeof value === "function") made.addEventListener(name, value);
      else made.setAttribute(name, value === true ? "" : String(value));
    }
    append(made, children);
    return made;
  }

  /** An SVG element; presentation attributes only, since the content policy forbids style attributes. */
  function svg(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, String(value));
    append(made, children);
    return made;
  }

  function append(parent, children) {
    for (const child of children.flat()) {
      if (child === null || child === undefined || child === false) continue;
      parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }

  function replace(container, ...children) {
    container.textContent = "";
    append(container, children);
  }

  /** A function that writes numbers as the language does. */
  function numbers(language, decimals) {
    const format = new Intl.NumberFormat(LOCALES[language] || LOCALES.it, {
      minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always",
    });
    const zero = format.format(0);
    return (value) => (Number(value.toFixed(decimals)) === 0 ? zero : format.format(value));
  }

  /** A link to one of our own pages; anything else becomes plain text, so that no stored value can be an address. */
  function link(address, text) {
    const ours = typeof address === "string" && /^\/(?!\/)/.test(address);
    return ours ? element("a", { href: address }, text) : element("span", {}, text);
  }

  async function readJson(address) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status} ${address}`);
    return answer.json();
  }

  /* --- boundaries ------------------------------------------------------------------------------------------ */

  const codeOf = (geometry) => String(geometry.id ?? geometry.properties?.istat ?? "");

  /** Features, province borders and outline of a topology whose geometries carry ISTAT codes. */
  function readBoundaries(topology) {
    const object = Object.values(topology.objects)[0];
    const province = (geometry) => codeOf(geometry).slice(0, 3);
    const features = topojson.feature(topology, object).features;
    for (const feature of features) feature.istat = codeOf(feature);
    return {
      features,
      provinces: topojson.mesh(topology, object, (a, b) => a !== b && province(a) !== province(b)),
      outline: topojson.mesh(topology, object, (a, b) => a === b),
    };
  }

  /* --- hatching -------------------------------------------------------------------------------------------- */

  let hatched = null;

  /** The canvas pattern of "nessun dato": thin slanted lines on white. */
  function hatch(colour, ground) {
    if (hatched) return hatched;
    const size = 8;
    const tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const pen = tile.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, size, size);
    pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, size);
      pen.lineTo(shift + size, 0);
    }
    pen.stroke();
    hatched = pen.createPattern(tile, "repeat");
    return hatched;
  }

  /** The same hatching as an SVG swatch for legends. */
  function hatchSwatch(colour, ground) {
    return svg("svg", { class: "map-swatch", width: 22, height: 14, "aria-hidden": "true" },
      svg("rect", { x: 0.5, y: 0.5, width: 21, height: 13, fill: ground, stroke: colour }),
      ...[-6, 2, 10, 18].map((x) => svg("line", { x1: x, y1: 14, x2: x + 14, y2: 0, stroke: colour })));
  }

  function swatch(colour) {
    return svg("svg", { class: "map-swatch", width: 22, height: 14, "aria-hidden": "true" },
      svg("rect", { x: 0, y: 0, width: 22, height: 14, fill: colour }));
  }

  /* --- marks: circle, square and diamond, so that shape tells what colour tells -------------------------------- */

  /** A white edge under the mark's own, so that it is seen on dark comuni too. */
  function halo(pen, options) {
    pen.globalAlpha = 0.9;
    pen.lineWidth = options.weight + 2.5;
    pen.strokeStyle = MARK.halo;
    pen.stroke();
  }

  const Square = L.CircleMarker.extend({
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      const half = this._radius * 0.9;
      const pen = renderer._ctx;
      pen.beginPath();
      pen.rect(this._point.x - half, this._point.y - half, 2 * half, 2 * half);
      halo(pen, this.options);
      renderer._fillStroke(pen, this);
    },
  });

  const Diamond = L.CircleMarker.extend({
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      const { x, y } = this._point;
      const half = this._radius * 1.2;
      const pen = renderer._ctx;
      pen.beginPath();
      pen.moveTo(x, y - half);
      pen.lineTo(x + half, y);
      pen.lineTo(x, y + half);
      pen.lineTo(x - half, y);
      pen.closePath();
      halo(pen, this.options);
      renderer._fillStroke(pen, this);
    },
  });

  /* --- the map --------------------------------------------------------------------------------------------- */

  /** The Leaflet map that a shell script has made under that name, with its words in the reader's language. */
  function open(name, words) {
    const map = window[`map_${name}`];
    if (!map) throw new Error(`no map shell ${name}`);
    map.attributionControl.setPrefix(false);
    const frame = map.getContainer();
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", words.map || "");
    nameControl(frame, ".leaflet-control-zoom-in", words.zoom_in);
    nameControl(frame, ".leaflet-control-zoom-out", words.zoom_out);
    fitPaper(map, frame);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    return map;
  }

  /** On paper the frame has another size: the map is drawn anew for it, and again for the screen afterwards. */
  function fitPaper(map, frame) {
    const draw = (onPaper) => {
      const [centre, zoom] = [map.getCenter(), map.getZoom()];
      frame.parentElement.classList.toggle("map-on-paper", onPaper);
      map.invalidateSize({ animate: false, pan: false });
      map.setView(centre, zoom, { animate: false });
    };
    window.addEventListener("beforeprint", () => draw(true));
    window.addEventListener("afterprint", () => draw(false));
  }

  /** The online layer that the operator switched on, under the comuni; its credit is text, never markup. */
  function addTiles(map, config) {
    if (!config.tiles) return;
    L.tileLayer(config.tiles, { opacity: 0.6 }).addTo(map);
    map.attributionControl.addAttribution(element("span", {}, config.tiles_credit).innerHTML);
  }

  function nameControl(frame, selector, text) {
    const control = frame.querySelector(selector);
    if (!control || !text) return;
    control.setAttribute("title", text);
    control.setAttribute("aria-label", text);
  }

  /** The comuni drawn on a map: painted by a layer, hovered, selected. Fires `onSelect(istat)`. */
  class Choropleth {
    constructor(map, topology, municipalities, options) {
      this.map = map;
      this.municipalities = municipalities;
      this.position = new Map(municipalities.istat.map((istat, at) => [istat, at]));
      this.boundaries = readBoundaries(topology);
      this.options = { onSelect: null, label: null, opacity: 1, ...options };
      this.payload = null;
      this.selected = null;
      this.byCode = new Map();
      this.polygons = L.geoJSON(this.boundaries.features, {
        style: () => ({ color: BORDER.polygon, weight: 0.7, fillColor: "#dfe5e8", fillOpacity: this.options.opacity }),
        onEachFeature: (feature, layer) => this.wire(feature, layer),
      }).addTo(map);
      this.line(this.boundaries.provinces, { color: BORDER.province, weight: 1.1 });
      this.line(this.boundaries.outline, { color: BORDER.outline, weight: 1.1 });
      this.marks = L.layerGroup().addTo(map);
      this.ring = L.layerGroup().addTo(map);
      this.bounds = this.polygons.getBounds();
      this.fit();
    }

    line(geometry, style) {
      return L.geoJSON(geometry, { style: { fill: false, opacity: 0.9, ...style }, interactive: false }).addTo(this.map);
    }

    wire(feature, layer) {
      this.byCode.set(feature.istat, layer);
      if (this.options.label) {
        layer.bindTooltip(() => this.options.label(feature.istat), { sticky: true, className: "map-tip", direction: "auto" });
      }
      layer.on("mouseover", () => this.outline("hover", feature.istat));
      layer.on("mouseout", () => this.outline("hover", null));
      layer.on("click", () => this.options.onSelect?.(feature.istat));
    }

    fit() {
      this.map.fitBounds(this.bounds, { padding: [10, 10], animate: false });
    }

    /** Colours every comune by the class that the payload gives it; comuni without a value are hatched. */
    paint(payload) {
      this.payload = payload;
      const none = hatch(payload.no_data.hatch, payload.no_data.colour);
      this.byCode.forEach((layer, istat) => {
        const at = this.position.get(istat);
        const group = at === undefined ? -1 : payload.classes[at];
        layer.setStyle({ fillColor: group < 0 ? none : payload.legend[group].colour });
      });
    }

    /** Draws the outline of a comune on top, as hovered or as selected; null takes it away. */
    outline(role, istat) {
      this.outlines = this.outlines || {};
      if (this.outlines[role]) this.ring.removeLayer(this.outlines[role]);
      const layer = istat ? this.byCode.get(istat) : null;
      this.outlines[role] = layer && L.geoJSON(layer.feature, {
        interactive: false,
        style: { fill: false, color: BORDER[role], weight: role === "selected" ? 3 : 1.8, opacity: 1 },
      });
      if (this.outlines[role]) this.ring.addLayer(this.outlines[role]);
    }

    select(istat, { fly = false } = {}) {
      this.selected = istat;
      this.outline("selected", istat);
      const layer = istat ? this.byCode.get(istat) : null;
      if (layer && fly) {
        const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        const nearest = Math.min(this.map.getBoundsZoom(layer.getBounds().pad(1.2)), 11);
        const whole = this.map.getBoundsZoom(this.bounds);
        this.map.setView(layer.getBounds().getCenter(), Math.max(nearest, whole), { animate: !still });
      }
    }
  }

  /* --- organisations, sites, landmarks --------------------------------------------------------------------- */

  const radius = (count, most) => SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(count / Math.max(most, 1));

  /** Which rows of a layer a filter keeps: sector is a section letter, a division, or the start of a longer ATECO code;
      public bodies are shown only when their kind is asked for, as in the indicators. */
  function kept(layer, filter) {
    const sector = (filter.sector || "").replaceAll(".", "").toUpperCase();
    const section = /^[A-Z]$/.test(sector);
    const wanted = (table, column, value) => !value || (table && table[column] === value);
    const rows = [];
    for (let row = 0; row < layer.id.length; row += 1) {
      if (sector && layer.sectors) {
        if (section && layer.sections[layer.section[row]] !== sector) continue;
        if (sector.length === 2 && layer.divisions[layer.division[row]] !== sector) continue;
        if (sector.length > 2 && !layer.sectors[layer.sector[row]].startsWith(sector)) continue;
      }
      if (layer.sectors && !filter.kind && layer.kinds[layer.kind[row]] === "public-body") continue;
      if (!wanted(layer.kinds, layer.kind[row], filter.kind)) continue;
      if (!wanted(layer.categories, layer.category[row], filter.category)) continue;
      if (layer.availabilities && !wanted(layer.availabilities, layer.availability[row], filter.availability)) continue;
      rows.push(row);
    }
    return rows;
  }

  /** Draws rows of a layer: points where the place is a point, one symbol per comune for all the others. Of a layer too
      large to travel whole only the symbols, from the server's counts. */
  function drawMarks(group, layer, rows, municipalities, style) {
    const counts = layer.truncated && layer.counts ? [...layer.counts] : new Array(municipalities.istat.length).fill(0);
    const points = [];
    for (const row of layer.truncated && layer.counts ? [] : rows) {
      if (layer.lon[row] === null || layer.lat[row] === null) counts[layer.municipality[row]] += 1;
      else points.push(row);
    }
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    const order = counts.map((count, at) => [count, at]).filter(([count]) => count > 0).sort((a, b) => b[0] - a[0]);
    for (const [count, at] of order) {
      const mark = new style.Mark([municipalities.lat[at], municipalities.lon[at]], {
        radius: radius(count, most), ...style.symbol,
      });
      style.onSymbol(mark, at, count);
      group.addLayer(mark);
    }
    for (const row of points) {
      const mark = new style.Mark([layer.lat[row], layer.lon[row]], { radius: style.size || 4.5, ...style.point });
      style.onPoint(mark, row);
      group.addLayer(mark);
    }
    const drawn = counts.reduce((a, b) => a + b, 0) + points.length;
    return { drawn, symbols: order.length, points: points.length, most };
  }

  const filled = (colour) => ({ color: MARK.halo, weight: 1, fillColor: colour, fillOpacity: 0.8 });
  const hollow = (colour) => ({ color: colour, weight: 2, fillColor: "#ffffff", fillOpacity: 0.35 });
  const STYLES = {
    organisation: { Mark: L.CircleMarker, symbol: filled(MARK.organisation), point: filled(MARK.organisation) },
    site: { Mark: Square, symbol: hollow(MARK.site), point: hollow(MARK.site) },
    landmark: { Mark: Diamond, size: 2.6, symbol: hollow(MARK.landmark), point: { color: MARK.landmark, weight: 0.5, fillColor: MARK.landmark, fillOpacity: 1 } },
  };

  /* --- legend and histogram -------------------------------------------------------------------------------- */

  /** The legend: title, unit, one row per class with its count, the hatched row, source and year. */
  function drawLegend(container, payload, words, language) {
    const row = (mark, text, count) => element("li", { class: "map-legend-row" }, mark,
      element("span", { class: "map-legend-range" }, text), element("span", { class: "map-legend-count" }, numbers(language, 0)(count)));
    replace(container,
      element("p", { class: "map-legend-title" }, payload.title),
      element("p", { class: "map-legend-unit" }, payload.unit_label),
      element("ul", { class: "map-legend-rows" },
        payload.legend.map((each) => row(swatch(each.colour), each.text, each.count)),
        payload.no_data.count > 0 && row(hatchSwatch(payload.no_data.hatch, payload.no_data.colour), words.no_data, payload.no_data.count)),
      payload.nothing && element("p", { class: "map-nothing" }, payload.nothing),
      payload.notes.map((note) => element("p", { class: "map-note" }, note)),
      element("p", { class: "map-legend-source" }, payload.source_text),
      payload.demonstration && element("p", { class: "map-note map-note-demonstration" }, words.demonstration),
      payload.boundary_note && element("p", { class: "map-note" }, payload.boundary_note));
  }

  /** The histogram of the values, bars in the colours of their classes. */
  function drawHistogram(container, payload, words, language) {
    if (!payload.histogram.length) { replace(container); return; }
    const write = numbers(language, payload.decimals);
    const [wide, high] = [300, 64];
    const most = Math.max(...payload.histogram.map((bar) => bar[2]));
    const step = wide / payload.histogram.length;
    const bars = payload.histogram.map(([, , count, group], at) => {
      const tall = count ? Math.max(1.5, (count / most) * (high - 2)) : 0;
      return svg("rect", { x: (at * step).toFixed(2), y: (high - tall).toFixed(2), width: (step - 1).toFixed(2),
        height: tall.toFixed(2), fill: payload.legend[group].colour, stroke: "#5d6b78", "stroke-width": 0.4 });
    });
    const last = payload.histogram[payload.histogram.length - 1];
    replace(container,
      svg("svg", { viewBox: `0 0 ${wide} ${high + 1}`, class: "map-histogram", role: "img", "aria-label": words.histogram },
        svg("line", { x1: 0, y1: high + 0.5, x2: wide, y2: high + 0.5, stroke: "#5d6b78", "stroke-width": 1 }), ...bars),
      element("div", { class: "map-histogram-ends", "aria-hidden": "true" },
        element("span", {}, write(payload.histogram[0][0])), element("span", {}, words.histogram), element("span", {}, write(last[1]))));
  }

  window.LandMap = {
    MARK, STYLES, Square, Diamond, Choropleth, readBoundaries, open, element, svg, append, replace, numbers, link, addTiles,
    readJson, kept, drawMarks, drawLegend, drawHistogram, swatch, hatchSwatch,
  };
})();
