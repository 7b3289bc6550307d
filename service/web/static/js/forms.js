/* SPDX-License-Identifier: EUPL-1.2
   Forms: after an error the first wrong box has the focus; leaving with something typed asks first; one send at a time. */
(function () {
  "use strict";

  const wrong = document.querySelector('form [aria-invalid="true"]');
  if (wrong) wrong.focus();

  for (const form of document.querySelectorAll("form[data-keep]")) {
    let touched = false;
    let sent = false;
    form.addEventListener("input", () => { touched = true; });
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    window.addEventListener("pageshow", () => { sent = false; });
    window.addEventListener("beforeunload", (event) => {
      if (touched && !sent) event.preventDefault();
    });
  }
})();
